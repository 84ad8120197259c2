"""`citycommons sources`: added, listed, run and stopped on the command line."""

import pytest


@pytest.fixture
def inbox(home, run):
    """A city with a publisher, and a folder into which a department puts its files."""
    assert run("publisher", "add", "Parks", "--id", "parks").code == 0
    inbox = home / "inbox"
    inbox.mkdir(exist_ok=True)
    (inbox / "trees.csv").write_text("id;species;height_m\n1;Oak;12,5\n2;Lime;9,0\n", "utf-8")
    return inbox


def add(run, inbox, *more):
    where = f"folder={inbox}"
    return run("sources", "add", "folder", "--title", "Trees", "--publisher", "parks", "--dataset",
               "trees", "--option", where, "--option", "settle_s=0", *more)  # fmt: skip


def test_a_described_source_publishes_its_first_delivery(run, inbox):
    added = add(run, inbox, "--every", "P1D", "--describe", "--license", "CC0-1.0")
    assert added.code == 0, added.err
    assert added.out.startswith("Added trees: Trees.\nNext run: ")
    done = run("sources", "run", "trees", "--json")
    assert done.code == 0, done.err
    assert done.json["outcome"] == "done"
    assert done.json["counts"]["rows"] == 2
    assert run("show", "trees@1", "--json").code == 0
    listed = run("sources", "--json").json
    assert [(one["source"], one["health"]) for one in listed] == [("trees", "good")]
    assert listed[0]["last"]["message"] == "Version 1 of “trees” was published: 2 rows."
    shown = run("sources", "show", "trees")
    assert "health: good" in shown.out
    assert "run 1, " in shown.out


def test_an_undescribed_one_waits_for_its_owner(run, inbox):
    assert add(run, inbox).code == 0
    done = run("sources", "run", "trees")
    assert done.code == 0, done.err
    assert "held" in done.out
    assert "waits for its owner" in done.out
    assert run("sources", "--json").json[0]["health"] == "held"
    table = run("sources").out
    assert "1 sources; 1 of them need somebody." in table


def test_a_failed_run_is_one_sentence_and_a_number(run, inbox):
    assert add(run, inbox, "--describe").code == 0
    (inbox / "trees.csv").write_bytes(b"%PDF-1.4 this is no table")
    done = run("sources", "run", "trees")
    assert done.code == 8
    assert done.err.startswith("citycommons: The run of trees failed: ")
    assert run("sources", "--json").json[0]["health"] == "failing"


def test_a_source_is_changed_paused_resumed_and_removed(run, inbox):
    assert add(run, inbox, "--every", "P1D").code == 0
    changed = run("sources", "add", "folder", "--id", "trees", "--every", "PT1H", "--json")
    assert changed.code == 0, changed.err
    assert (changed.json["every"], changed.json["title"]) == ("PT1H", "Trees")
    assert run("sources", "pause", "trees").out == "Paused trees.\n"
    assert run("sources", "--json").json[0]["health"] == "paused"
    assert run("sources", "resume", "trees", "--json").json["health"] == "new"
    assert run("sources", "remove", "trees").code == 0
    assert run("sources", "--json").json == []
    assert run("sources", "show", "trees").code == 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--option", "paths=/tmp"), "has no option “paths”"),
        (("--option", "path"), "write NAME=VALUE"),
        (("--every", "daily"), "is no duration"),
        (("--license", "mine"), "mine"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(run, inbox, words, said):
    wrong = add(run, inbox, *words)
    assert wrong.code in (4, 5)
    assert said in wrong.err


def test_connectors_and_their_options_are_listed(run):
    names = {one["connector"] for one in run("sources", "connectors", "--json").json}
    assert {"web", "ckan", "folder"} <= names
    one = run("sources", "connectors", "ckan", "--json").json
    assert one["brings"] == "records"
    assert "url" in {option["name"] for option in one["options"]}
    assert "url" in run("sources", "connectors", "ckan").out
    assert run("sources", "connectors", "nothing").code == 4


def test_a_secret_is_named_and_not_shown(run, inbox):
    words = (
        "--title",
        "Portal",
        "--publisher",
        "parks",
        "--option",
        "url=https://data.example.org",
    )
    shown = run("sources", "add", "ckan", *words, "--option", "api_key=secret:portal_key", "--json")
    assert shown.code == 0, shown.err
    assert shown.json["options"]["api_key"] == {"secret": "portal_key"}
    open_ = run("sources", "add", "ckan", *words, "--option", "api_key=abc")
    assert open_.code == 5
    assert "holds a password" in open_.err
