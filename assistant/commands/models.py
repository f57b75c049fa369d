"""`xiaoben models`: which models there are, fetching them, checking them, bringing them by hand."""

import argparse
import json
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from assistant import paths
from assistant.commands.consent import says_yes
from assistant.config import Config
from assistant.errors import InputError, ModelError, UsageError, localized
from assistant.fence import Reach, enclose
from assistant.weights import Catalogue, Entry, Store, load_catalogue
from assistant.weights.carry import Carried, carry, unused
from assistant.weights.checksum import Pin
from assistant.weights.display import JsonLines, Lines, megabytes
from assistant.weights.pull import pull
from assistant.weights.trial import attempt

SUMMARY = ("Show, fetch, check, import and trust the model weights", "查看、下载、校验、导入、信任模型")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    show = actions.add_parser("list", help=localized(en="the models there are", zh="列出所有模型"))
    show.set_defaults(act=_list)
    fetch = actions.add_parser(
        "pull", help=localized(en="fetch what is missing of models", zh="下载缺少的模型")
    )
    fetch.add_argument(
        "ids", nargs="*", metavar="ID", help=localized(en="none: the default set", zh="省略则为默认模型")
    )
    fetch.add_argument(
        "--all-defaults",
        action="store_true",
        help=localized(en="the default set as well", zh="同时下载默认模型"),
    )
    fetch.add_argument(
        "--accept-licence",
        action="store_true",
        help=localized(en="I accept the models' terms", zh="我接受模型的使用条款"),
    )
    fetch.set_defaults(act=_pull)
    check = actions.add_parser("verify", help=localized(en="check whole files", zh="完整校验文件"))
    check.add_argument(
        "ids", nargs="*", metavar="ID", help=localized(en="none: what is installed", zh="省略则为已安装的")
    )
    check.set_defaults(act=_verify)
    bring = actions.add_parser(
        "import", help=localized(en="install from files, folders, wheels", zh="从文件、文件夹或安装包导入")
    )
    bring.add_argument("files", nargs="+", type=Path, metavar="PATH")
    bring.set_defaults(act=_import)
    trust = actions.add_parser(
        "trust", help=localized(en="let files be loaded that nothing vouches for", zh="信任来源不明的文件")
    )
    trust.add_argument("id", metavar="ID")
    trust.add_argument(
        "--yes", action="store_true", help=localized(en="I know where they come from", zh="我知道它们的来历")
    )
    trust.set_defaults(act=_trust)


def run(args: argparse.Namespace, config: Config) -> int:
    """Do what was asked; 0 only when all of it is done."""
    store = Store(config.models, load_catalogue(paths.bundled("models") / "models.toml"))
    status: int = args.act(args, store)
    return status


def _list(args: argparse.Namespace, store: Store) -> int:
    entries = store.catalogue.entries
    if args.json:
        print(json.dumps([_facts(entry, store) for entry in entries], ensure_ascii=False))
    else:
        _print_table(entries, store)
    return 0


def _pull(args: argparse.Namespace, store: Store) -> int:
    entries = _chosen(args, store.catalogue)
    for entry in entries:
        if store.missing(entry) and not args.accept_licence:
            _require_consent(entry)
    pull(store, entries, JsonLines(sys.stdout).show if args.json else Lines(sys.stderr).show)
    if not args.json:
        print(localized(en=f"All there: {_ids(entries)}", zh=f"均已就绪：{_ids(entries)}"))
    return 0


def _verify(args: argparse.Namespace, store: Store) -> int:
    named = [store.catalogue.find(model_id) for model_id in args.ids]
    entries = named or [entry for entry in store.catalogue.entries if store.state(entry) != "missing"]
    if not entries:
        raise ModelError(
            en=f"No model is installed in {store.folder}; run `xiaoben models pull`.",
            zh=f"{store.folder} 中没有已安装的模型；请运行 `xiaoben models pull`。",
        )
    verdicts = [_tell_verdict(entry, store, as_json=args.json) for entry in entries]
    return 0 if all(verdicts) else ModelError.exit_status


def _import(args: argparse.Namespace, store: Store) -> int:
    carried = carry(store, args.files)
    if args.json:
        for each in carried:
            print(json.dumps({**asdict(each), "origins": [str(path) for path in each.origins]}))
    else:
        _tell_carried(carried, store)
    for path in unused(args.files, carried):
        raise InputError(
            en=f"{path} holds no whole file of the catalogue (`xiaoben models list`); "
            "the packages that one model is spread over must be given together.",
            zh=f"{path} 中没有目录（`xiaoben models list`）里的完整文件；同一模型的多个分包须一起提供。",
        )
    return 0


def _trust(args: argparse.Namespace, store: Store) -> int:
    entry = store.catalogue.find(args.id)
    strangers = store.strangers(entry)
    if strangers:
        if not args.json:
            _tell_strangers(entry, strangers)
        attempt(_try_out, entry, store.folder / entry.id)
        if not args.yes:
            _require_trust(entry)
        store.trust(entry, strangers)
    if args.json:
        print(
            json.dumps({"model": entry.id, "trusted": {path: pin.sha256 for path, pin in strangers.items()}})
        )
    elif strangers:
        print(localized(en=f"{entry.id}: trusted from now on", zh=f"{entry.id}：已信任"))
    else:
        print(localized(en=f"{entry.id}: is the maker's own", zh=f"{entry.id}：本就是原版"))
    return 0


def _try_out(entry: Entry, folder: Path) -> None:
    enclose(Reach(readable=[folder, folder.resolve()]))
    from assistant import parts  # noqa: PLC0415 - brings all engines, which start threads that the fence must hold

    parts.try_out(entry, folder)


def _require_trust(entry: Entry) -> None:
    if sys.stdin.isatty():
        question = localized(
            en="It can be loaded. Do you know where it comes from, and trust it? [y/N] ",
            zh="可以加载。你知道它的来历并信任它吗？[y/N] ",
        )
        if says_yes(question):
            return
    raise UsageError(
        en=f"The files of '{entry.id}' are not trusted; pass --yes if you know where they come from.",
        zh=f"“{entry.id}”的文件未被信任；若知道其来历，请加上 --yes。",
    )


def _chosen(args: argparse.Namespace, catalogue: Catalogue) -> list[Entry]:
    named = [catalogue.find(model_id) for model_id in args.ids]
    defaults = catalogue.defaults if args.all_defaults or not named else ()
    return list(dict.fromkeys([*defaults, *named]))


def _require_consent(entry: Entry) -> None:
    if entry.terms is None:
        return
    if sys.stdin.isatty():
        print(
            localized(en=f"{entry.id}: licence {entry.licence}", zh=f"{entry.id}：许可证 {entry.licence}"),
            entry.terms,
        )
        question = localized(en="Have you read it, and accept it? [y/N] ", zh="已阅读并接受？[y/N] ")
        if says_yes(question):
            return
    raise UsageError(
        en=f"The model '{entry.id}' comes under terms that you have not accepted (licence: {entry.licence}); "
        f"read {entry.terms} and pass --accept-licence.",
        zh=f"模型“{entry.id}”的使用条款（许可证：{entry.licence}）尚未被接受；"
        f"请阅读 {entry.terms}，同意后加上 --accept-licence。",
    )


def _facts(entry: Entry, store: Store) -> dict[str, object]:
    facts = entry.model_dump(include={"id", "role", "languages", "licence", "terms", "memory_mb", "default"})
    return {**facts, "bytes": entry.bytes, "state": store.state(entry)}


def _print_table(entries: Sequence[Entry], store: Store) -> None:
    states = {
        "installed": localized(en="installed", zh="已安装"),
        "missing": localized(en="missing", zh="未安装"),
        "damaged": localized(en="damaged", zh="不完整"),
        "untrusted": localized(en="untrusted", zh="未信任"),
    }
    headings = localized(
        en="model|role|languages|size|memory|licence|state", zh="模型|用途|语言|大小|内存|许可证|状态"
    ).split("|")
    rows = [
        [
            entry.id + (" *" if entry.default else ""),
            entry.role,
            " ".join(entry.languages),
            megabytes(entry.bytes),
            f"{entry.memory_mb} MB",
            entry.licence,
            states[store.state(entry)],
        ]
        for entry in entries
    ]
    widths = [max(map(_columns, column)) for column in zip(headings, *rows, strict=True)]
    for row in [headings, *rows]:
        print(
            "  ".join(
                cell + " " * (width - _columns(cell)) for cell, width in zip(row, widths, strict=True)
            ).rstrip()
        )
    print(localized(en="* pulled by default", zh="* 默认下载"))


def _tell_verdict(entry: Entry, store: Store, *, as_json: bool) -> bool:
    damaged = store.verify(entry)
    whole = not damaged
    if as_json:
        print(json.dumps({"model": entry.id, "whole": whole, "damaged": damaged}))
    elif whole:
        print(localized(en=f"{entry.id}: whole", zh=f"{entry.id}：完好"))
    elif store.state(entry) == "untrusted":
        files = ", ".join(damaged)
        print(
            localized(
                en=f"{entry.id}: nothing vouches for {files}; "
                f"`xiaoben models trust {entry.id}` lets it be loaded",
                zh=f"{entry.id}：{files} 来源无从核实；`xiaoben models trust {entry.id}` 允许加载",
            )
        )
    else:
        print(
            localized(
                en=f"{entry.id}: missing or damaged: {', '.join(damaged)}; "
                f"run `xiaoben models pull {entry.id}`",
                zh=f"{entry.id}：缺失或已损坏：{'、'.join(damaged)}；请运行 `xiaoben models pull {entry.id}`",
            )
        )
    return whole


def _tell_carried(carried: Iterable[Carried], store: Store) -> None:
    for model_id, count in Counter(each.model for each in carried).items():
        entry = store.catalogue.find(model_id)
        folder = store.folder / model_id
        missing = ", ".join(file.path for file in entry.files if not (folder / file.path).exists())
        print(
            localized(
                en=f"{model_id}: {count} of {len(entry.files)} files imported"
                + (f"; still missing: {missing}" if missing else ""),
                zh=f"{model_id}：已导入 {len(entry.files)} 个文件中的 {count} 个"
                + (f"；仍缺少：{missing}" if missing else ""),
            )
        )
    for each in carried:
        if not each.known:
            print(
                localized(
                    en=f"{each.model}/{each.path}: known by its name only, no checksum to check it with; "
                    f"`xiaoben models trust {each.model}` lets it be loaded",
                    zh=f"{each.model}/{each.path}：仅凭文件名识别，没有可核对的校验和；"
                    f"`xiaoben models trust {each.model}` 允许加载",
                )
            )


def _tell_strangers(entry: Entry, strangers: Mapping[str, Pin]) -> None:
    for path, pin in strangers.items():
        print(f"{entry.id}/{path}  SHA-256 {pin.sha256}  {megabytes(pin.bytes)}")
    print(
        localized(
            en="Nothing vouches for this. A trial load in a process of its own …",
            zh="来源无从核实。正在单独的进程中试加载……",
        ),
        flush=True,
    )


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _ids(entries: Iterable[Entry]) -> str:
    return " ".join(entry.id for entry in entries)
