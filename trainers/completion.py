"""`tfmask completion`: a script by which a shell completes tfmask's words."""

import dataclasses
import importlib
import shlex
import sys
import types
from typing import Annotated, Literal, Union, get_args, get_origin

from tyro.conf import FlagConversionOff, Positional

from tfmask.methods import NAMES, preset_config
from tfmask.ops.command import command, parse_options
from trainers import cli


@dataclasses.dataclass(frozen=True)
class Options:
    """Print a script by which a shell completes verbs, options and choices.

    It goes into a file that the shell reads, see docs/training.md.
    """

    shell: Positional[Literal["bash", "zsh"]]
    """Which shell reads the script."""


@dataclasses.dataclass
class Words:
    """What can follow a verb.

    Attributes:
        options: list of str, such as "--run".
        choices: dict of option to a list of str. "" is the word without an
            option. Other options take the name of a file, or any text.
    """

    options: list[str] = dataclasses.field(default_factory=list)
    choices: dict[str, list[str]] = dataclasses.field(default_factory=dict)


def words_of(options, prefix="--", flags=True):
    """What the command line of a dataclass takes.

    Args:
        options: dataclass.
        prefix: str, the beginning of the options of its fields.
        flags: bool; a switch is `--x` or `--no-x`. False: it is `--x True`.

    Returns:
        `Words`.
    """
    words = Words()
    for field in dataclasses.fields(options):
        hint, extras = field.type, ()
        if get_origin(hint) is Annotated:
            hint, *extras = get_args(hint)
        own_flags = flags and FlagConversionOff not in extras
        if dataclasses.is_dataclass(hint):
            named = not any(getattr(e, "name", None) == "" for e in extras)
            start = f"{prefix}{field.name}." if named else prefix
            more = words_of(hint, start, own_flags)
            words.options += more.options
            words.choices |= more.choices
            continue
        name = field.name.replace("_", "-")
        choices = choices_of(hint)
        if Positional in extras:
            words.choices[""] = choices
        elif hint is bool and own_flags:
            words.options += [f"{prefix}{name}", f"{prefix}no-{name}"]
        else:
            words.options.append(f"{prefix}{name}")
            if choices:
                words.choices[f"{prefix}{name}"] = choices
    return words


def choices_of(hint):
    """The words that a type allows, where it lists them."""
    if hint is bool:
        return ["True", "False"]
    if get_origin(hint) is Literal:
        return [str(value) for value in get_args(hint)]
    if get_origin(hint) in (Union, types.UnionType, tuple):
        return [word for part in get_args(hint) for word in choices_of(part)]
    return []


def tables():
    """What follows each verb, and each verb with its second word.

    Returns:
        dict of "train" or "train cyclegan" to `Words`. "" is the command
        itself. Options of all methods of `train` are only at "train".
    """
    words_by_verb = {"": Words(choices={"": list(cli.VERBS)})}
    for verb, (module, _) in cli.VERBS.items():
        module = importlib.import_module(module)
        if verb == "train":
            own = {
                name: words_of(
                    module.options_class(preset_config(name, "quick", ""))
                )
                for name in NAMES
            }
            words_by_verb |= _with_common(verb, own)
        elif hasattr(module, "VERBS"):  # `prepare`
            words_by_verb[verb] = Words(choices={"": list(module.VERBS)})
            for second, (name, _) in module.VERBS.items():
                options = importlib.import_module(name).Options
                words_by_verb[f"{verb} {second}"] = words_of(options)
        else:
            words_by_verb[verb] = words_of(module.Options)
    return words_by_verb


def _with_common(verb, own):
    """Moves what all second words share to the verb."""
    first, *others = own.values()
    common = Words(
        [
            option
            for option in first.options
            if all(option in words.options for words in others)
        ],
        {
            option: choices
            for option, choices in first.choices.items()
            if all(words.choices.get(option) == choices for words in others)
        },
    )
    rest = {
        f"{verb} {name}": Words(
            [o for o in words.options if o not in common.options],
            {o: c for o, c in words.choices.items() if o not in common.choices},
        )
        for name, words in own.items()
    }
    return {verb: common, **rest}


def script(shell, words_by_verb):
    """The text of `tfmask completion`.

    Args:
        shell: "bash" or "zsh".
        words_by_verb: dict of `tables`.
    """
    options, choices, firsts = [], [], []
    for place, words in words_by_verb.items():
        if words.options:
            options.append(_case(place, "options+", ["", *words.options]))
        for option, allowed in words.choices.items():
            if option:
                choices.append(_case(f"{place}|{option}", "choices", allowed))
            else:
                firsts.append(_case(place, "choices", allowed))
    return _TEMPLATE.format(
        start=_ZSH if shell == "zsh" else "",
        options="\n".join(options),
        choices="\n".join(choices),
        firsts="\n".join(firsts),
    )


def _case(pattern, variable, words):
    return f"      {shlex.quote(pattern)}) {variable}='{' '.join(words)}' ;;"


# zsh runs functions of bash in its mode for bash.
_ZSH = "autoload -Uz compinit bashcompinit\ncompinit\nbashcompinit\n"
_TEMPLATE = """\
# Made by `tfmask completion`; make it anew after an update.
{start}_tfmask() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} last='' verb='' second=''
  local count=0 index place options='--help' choices=''
  for ((index = 1; index < COMP_CWORD; index++)); do
    # `--preset=quick` comes as three words.
    [[ ${{COMP_WORDS[index]}} == '=' ]] && continue
    last=${{COMP_WORDS[index]}}
    count=$((count + 1))
    [[ $count == 1 ]] && verb=$last
    [[ $count == 2 ]] && second=$last
  done
  [[ $current == '=' ]] && current=''
  for place in "$verb" "$verb $second"; do
    case "$place" in
{options}
    esac
    case "$place|$last" in
{choices}
    esac
  done
  if [[ $count -le 1 ]]; then
    case "$verb" in
{firsts}
    esac
  fi
  COMPREPLY=()
  if [[ -n $choices && $current != -* ]]; then
    COMPREPLY=($(compgen -W "$choices" -- "$current"))
  elif [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  fi
}}
complete -o default -F _tfmask tfmask
"""


@command
def main(argv=None):
    """Prints the script. Returns the exit code."""
    options = parse_options(Options, argv, "completion")
    print(script(options.shell, tables()), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
