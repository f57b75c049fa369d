"""How skills reach the LAN while Xiaoben itself has no network: through a broker, a process of its own.

The broker has a Unix socket for each `[lan.NAME]` of the configuration, and carries what comes in there to
that host and port and nowhere else. Xiaoben's own process can open these sockets, and has no others to open.

systemd-socket-proxyd does this for TCP as well. We have our own for both protocols, because that one
* has no UDP, which Xiaomi's devices speak, so that a second broker would be needed beside it;
* connects to whatever address a name leads to, also to one outside the LAN;
* logs neither whom it connected nor what it refused (only with the manager's debug log);
* takes its sockets from systemd, which a foreground run does not have, and one unit for each destination.
"""
