"""Sound in and out: files, devices, chimes. Speaks frames and speeches, knows nothing of words."""
