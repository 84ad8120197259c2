"""Administrators look after people, publishers and the house; everybody else stays outside."""

import re

import pytest
from tests.web.web_portal import HTML, ROADS, Client, Portal

from citycommons.core.types import SYSTEM, Grant, Role
from citycommons.govern import audit
from citycommons.store import catalogue


@pytest.fixture
def boss(portal: Portal) -> Client:
    return portal.browser(portal.actor("boss", Grant(role=Role.ADMINISTRATOR)))


def add(boss: Client, name: str = "Stella", email: str = "stella@city.example") -> tuple[str, str]:
    """The new account's id and first password."""
    page = boss.post("/admin/people", data={"name": name, "email": email, "kind": "person"}).text
    id = re.search(r"/admin/people/(u-[0-9a-f]+)/give", page)
    password = re.search(r"([a-z0-9]{4}-){3}[a-z0-9]{4}", page)
    assert id, page[:2000]
    assert password
    return id[1], password[0]


def test_a_new_person_gets_a_password_shown_once_and_a_role(portal: Portal, boss: Client) -> None:
    id, password = add(boss)
    boss.post(f"/admin/people/{id}/give", data={"role": "data-officer", "publisher": "roads"})
    assert password not in boss.get(f"/admin/people/{id}").text
    client = portal.client(**HTML)
    token = re.search(r'_csrf_token" value="([^"]+)"', client.get("/sign-in").text)
    assert token
    given = {"_csrf_token": token[1], "email": "stella@city.example", "password": password}
    assert "Publish new data" in client.post("/sign-in", data=given).text


def test_a_taken_address_keeps_what_was_typed(boss: Client) -> None:
    add(boss)
    page = boss.post("/admin/people", data={"name": "Otto", "email": "stella@city.example"})
    assert page.status_code == 409
    assert 'value="Otto"' in page.text


def test_a_disabled_account_is_out_at_once_and_can_come_back(portal: Portal, boss: Client) -> None:
    stella = portal.actor("stella", Grant(role=Role.DATA_OFFICER, publisher=ROADS))
    client = portal.browser(stella)
    assert client.get("/desk", follow_redirects=False).status_code == 200
    boss.post("/admin/people/stella/disable")
    assert client.get("/desk", follow_redirects=False).status_code in (303, 401)
    assert "disabled" in boss.get("/admin/people/stella").text
    boss.post("/admin/people/stella/enable")
    assert "Disable the account" in boss.get("/admin/people/stella").text


def test_the_last_administrator_stays(boss: Client) -> None:
    page = boss.post("/admin/people/boss/take", data={"role": "administrator", "publisher": ""})
    assert page.status_code == 409
    assert "last administrator" in page.text
    assert boss.post("/admin/people/boss/disable").status_code == 409


def test_nobody_makes_themselves_data_protection_officer(boss: Client) -> None:
    given = {"role": "data-protection-officer", "publisher": ""}
    assert boss.post("/admin/people/boss/give", data=given).status_code == 403


def test_a_one_time_password_replaces_the_old_one(portal: Portal, boss: Client) -> None:
    id, first = add(boss)
    page = boss.post(f"/admin/people/{id}/password").text
    again = re.search(r"([a-z0-9]{4}-){3}[a-z0-9]{4}", page)
    assert again
    assert again[0] != first


def test_an_act_that_is_none_is_not_there(boss: Client) -> None:
    assert boss.post("/admin/people/boss/explode").status_code == 404
    assert boss.get("/admin/people/nobody").status_code == 404


def test_publishers_are_added_and_changed(portal: Portal, boss: Client) -> None:
    new = {"is_new": "1", "id": "water", "name": "Waterworks", "description": "Pipes."}
    assert "Waterworks" in boss.post("/admin/publishers", data=new).text
    assert boss.post("/admin/publishers", data=new).status_code == 409
    wrong = boss.post("/admin/publishers", data={**new, "id": "No Good"})
    assert wrong.status_code == 422
    assert "Pipes." in wrong.text
    boss.post("/admin/publishers", data={"id": "water", "name": "City Waterworks"})
    with portal.city.work(SYSTEM) as work:
        names = {p.id: p.name for p in catalogue.publishers(work.db)}
        assert names["water"] == "City Waterworks"
        assert audit.entries(work, thing="water")[0].actor == "boss"


def test_a_publishers_manager_changes_that_publisher_only(portal: Portal) -> None:
    manager = portal.actor("manager", Grant(role=Role.DATA_MANAGER, publisher=ROADS))
    client = portal.browser(manager)
    page = client.get("/admin/publishers").text
    assert "Office for Roads" in page
    assert "Office for Parks" not in page
    assert (
        client.post("/admin/publishers", data={"id": "roads", "name": "Roads"}).status_code == 200
    )
    assert client.post("/admin/publishers", data={"id": "parks", "name": "x"}).status_code == 403
    new = {"is_new": "1", "id": "mine", "name": "Mine"}
    assert client.post("/admin/publishers", data=new).status_code == 403


def test_the_audit_log_is_filtered_and_its_chain_is_shown(portal: Portal, boss: Client) -> None:
    page = boss.get("/admin/audit", params={"thing": "counts@1"}).text
    assert "The chain holds." in page
    assert "counts@1" in page
    assert "trees@1" not in page
    with portal.city.work(SYSTEM) as work:
        work.db.exec_driver_sql("UPDATE audit SET actor = 'mallory' WHERE seq = 2")
    assert "The chain is broken at entry 2." in boss.get("/admin/audit").text


def test_the_audit_log_is_paged(boss: Client, portal: Portal) -> None:
    with portal.city.work(SYSTEM) as work:
        for number in range(60):
            audit.record(work, "test", f"thing-{number}")
    first = boss.get("/admin/audit").text
    older = re.search(r'href="(/admin/audit\?before=\d+)"', first)
    assert older
    assert "thing-59" in first
    assert "thing-59" not in boss.get(older[1]).text


def test_health_tells_a_missing_file(portal: Portal, boss: Client) -> None:
    assert "All is well" in boss.get("/admin/health").text
    with portal.city.work(SYSTEM) as work:
        version = catalogue.version(work.db, "counts")  # type: ignore[arg-type]
    assert version
    portal.city.lake.path(version.file).unlink()
    page = boss.get("/admin/health").text
    assert "Something needs you" in page
    assert "counts@1" in page


def test_settings_are_shown_without_secrets(portal: Portal, boss: Client) -> None:
    secret = "postgresql://city:hunter2@db/city"
    mail = "smtps://city:hunter2@mail.example"
    changed = {"database": secret, "mail_server": mail}
    portal.city.settings = portal.city.settings.model_copy(update=changed)
    page = boss.get("/admin/settings").text
    assert "hunter2" not in page
    assert "upload_limit_mb" in page
    assert "CITYCOMMONS_UPLOAD_LIMIT_MB" in page


@pytest.mark.parametrize("room", ["people", "publishers", "audit", "health", "settings"])
def test_who_has_no_role_stays_outside(portal: Portal, room: str) -> None:
    assert portal.browser(portal.actor("rita")).get(f"/admin/{room}").status_code == 403
    stranger = portal.client(**HTML).get(f"/admin/{room}", follow_redirects=False)
    assert stranger.status_code in (303, 401)


def test_the_officer_reads_the_log_and_nothing_else(portal: Portal) -> None:
    client = portal.browser(portal.actor("dora", Grant(role=Role.DATA_PROTECTION_OFFICER)))
    assert client.get("/admin").url.path == "/admin/audit"
    assert client.get("/admin/people").status_code == 403
