"""A data officer sets up a city of their own: from an empty folder to a portal that is read."""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from tests.serving import free_port, serving

from citycommons.cli.main import main

SECRET = "seven cats on a mat"


def run(capfd: pytest.CaptureFixture[str], *words: object) -> Any:
    capfd.readouterr()
    code = main([*map(str, words), "--json"])
    out, err = capfd.readouterr()
    assert code == 0, err
    return json.loads(out)


def get(address: str, accept: str = "text/html", key: str = "") -> tuple[int, str]:
    headers = {"Accept": accept} | ({"Authorization": f"Bearer {key}"} if key else {})
    request = urllib.request.Request(address, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.slow
def test_from_an_empty_folder_to_a_portal_with_versions(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "lecce"
    admin = ("--admin-email", "ada@example.org", "--admin-password", SECRET)
    run(capfd, "init", home, "--name", "Lecce", "--boundary", "18.1,40.3,18.3,40.4", *admin)
    monkeypatch.setenv("CITYCOMMONS_HOME", str(home))
    run(capfd, "publisher", "add", "Ufficio Verde", "--id", "green")

    march = tmp_path / "march.csv"
    march.write_text("id;species;lon;lat\n1;Oak;18,171;40,353\n2;Lime;18,172;40,354\n")
    first = run(
        capfd, "publish", march, "--dataset", "trees", "--publisher", "green",
        "--title", "Street trees", "--license", "CC-BY-4.0", "--key", "id",
    )  # fmt: skip
    assert (first["version"], first["rows"], first["rejected_rows"]) == (1, 2, 0)
    secret = tmp_path / "secret.csv"
    secret.write_text("name,amount\nBid A,100\nBid B,120\n")
    run(
        capfd, "publish", secret, "--dataset", "bids", "--publisher", "green",
        "--license", "CC0-1.0", "--access", "internal",
    )  # fmt: skip

    with serving(home) as base:
        status, page = get(f"{base}/datasets/trees")
        assert status == 200
        assert "Street trees" in page
        status, text = get(f"{base}/datasets/trees/rows", "application/json")
        assert status == 200
        assert json.loads(text)["total"] == 2
        assert get(f"{base}/datasets/bids")[0] == 404  # closed by default, and not even named

        # While the portal runs, the file is replaced; the old version gives the same for ever.
        before = get(f"{base}/data/trees@1.csv")
        april = tmp_path / "april.csv"
        april.write_text(march.read_text().replace("Lime", "Plane") + "3;Ash;18,173;40,355\n")
        second = run(capfd, "publish", april, "--dataset", "trees", "--note", "April")
        assert second["version"] == 2
        assert json.loads(get(f"{base}/datasets/trees/rows", "application/json")[1])["total"] == 3
        assert get(f"{base}/data/trees@1.csv") == before
        difference = run(capfd, "diff", "trees", 1, 2)
        assert (difference["added"], difference["changed"], difference["removed"]) == (1, 1, 0)
        assert difference["changes"][0]["kind"] in ("added", "changed")

        # A backup while it runs; the copy is the same city.
        run(capfd, "backup", tmp_path / "lecce.tar")
        key = run(capfd, "key", "add", "ada@example.org", "--label", "reader")["text"]
        assert get(f"{base}/datasets/bids", "application/json", key)[0] == 200

        run(capfd, "withdraw", "trees@2", "--reason", "April was counted twice")
        status, gone = get(f"{base}/data/trees@2.csv")
        assert status == 410
        assert "April was counted twice" in gone
        assert get(f"{base}/data/trees@1.csv") == before

    run(capfd, "restore", tmp_path / "lecce.tar", tmp_path / "copy")
    restored = run(capfd, "show", "trees", "--home", tmp_path / "copy")
    assert [one["number"] for one in restored["versions"]] == [2, 1]
    assert restored["versions"][0]["withdrawn"] is None
    assert run(capfd, "doctor", "--deep")["is_well"]
    assert run(capfd, "doctor", "--deep", "--home", tmp_path / "copy")["is_well"]
    assert run(capfd, "upgrade")["backup"] is None


@pytest.mark.slow
def test_a_port_in_use_is_one_sentence_and_nothing_is_left_running(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    import socket

    run(capfd, "init", tmp_path / "a", "--name", "A")
    port = free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        code = main(["serve", "--home", str(tmp_path / "a"), "--port", str(port)])
    assert code == 8
    said = capfd.readouterr().err
    assert f"Port {port}" in said
    assert "--port" in said
    assert said.count("\n") == 1
