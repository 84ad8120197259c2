"""`citycommons user` and `key`: accounts, roles, passwords and keys from the command line."""

import pytest

from citycommons.core.settings import read_settings
from citycommons.govern import keys
from citycommons.store.work import City

SECRET = "a long sentence to keep"


@pytest.fixture
def ada(run, home, tmp_path):
    (tmp_path / "secret.txt").write_text(f"{SECRET}\n")
    file = tmp_path / "secret.txt"
    done = run("user", "add", "ada@example.org", "--name", "Ada", "--password-file", file, "--json")
    assert done.code == 0, done.err
    assert SECRET not in done.out
    return done.json["actor"]["id"]


def test_an_account_gets_and_loses_roles(run, ada):
    run("publisher", "add", "Roads")
    given = run("user", "grant", "ada@example.org", "data-manager", "--publisher", "roads")
    assert given.out == "ada@example.org is now data-manager of roads.\n"
    assert run("user", "grant", ada, "data-manager", "--publisher", "roads").code == 7
    assert run("user", "grant", ada, "data-manager", "--publisher", "none").code == 4
    assert run("user", "list", "--json").json[0]["actor"]["grants"][0]["role"] == "data-manager"
    taken = run("user", "revoke", ada, "data-manager", "--publisher", "roads", "--json")
    assert taken.code in (0, 7), taken.err


def test_the_first_administrator_of_init_can_sign_in_and_a_repeat_is_no_conflict(run, tmp_path):
    home = tmp_path / "bari"
    flags = ("--admin-email", "eva@example.org", "--admin-password", SECRET)
    assert run("init", home, *flags).code == 0
    (home / "city.toml").unlink()
    assert run("init", home, *flags).code == 0
    listed = run("user", "list", "--home", home, "--json").json
    assert [(one["actor"]["email"], one["has_password"]) for one in listed] == [
        ("eva@example.org", True)
    ]
    assert [one["role"] for one in listed[0]["actor"]["grants"]] == ["administrator"]


def test_a_disabled_account_opens_nothing_until_it_is_enabled(run, home, ada):
    run("user", "add", "eva@example.org", "--administrator")
    made = run("key", "add", ada, "--label", "x", "--json").json["text"]
    city = City.open(read_settings(home))
    try:
        assert keys.holder(city, made) is not None
        assert run("user", "disable", "ada@example.org").code == 0
        assert keys.holder(city, made) is None
        assert run("user", "enable", "ada@example.org").code == 0
        assert keys.holder(city, made) is not None
    finally:
        city.close()


def test_a_password_is_changed_from_a_file_and_a_poor_one_is_refused(run, ada, tmp_path):
    (tmp_path / "p").write_text("short\n")
    refused = run("user", "password", ada, "--password-file", tmp_path / "p")
    assert refused.code == 5
    assert "10 signs" in refused.err
    (tmp_path / "p").write_text("quite another sentence\n")
    assert run("user", "password", ada, "--password-file", tmp_path / "p").code == 0
    assert run("user", "password", ada).code == 5  # nobody can be asked here


def test_a_key_is_shown_once_listed_without_its_secret_and_revoked(run, home, ada):
    made = run("key", "add", "ada@example.org", "--label", "nightly", "--json").json
    listed = run("key", "list", "--json")
    assert listed.json[0]["label"] == "nightly"
    assert made["text"] not in listed.out
    assert run("key", "revoke", made["key"]["id"]).code == 0
    assert run("key", "revoke", made["key"]["id"]).code == 7
    assert run("key", "revoke", "nothing").code == 4
    assert run("key", "add", ada, "--label", "x", "--scopes", "fly").code == 5


def test_nobody_of_this_name(run, home):
    assert run("user", "disable", "none@example.org").code == 4
    assert run("user", "grant", "none", "reader").code == 4
    assert run("user", "add", "no-address").code == 5
