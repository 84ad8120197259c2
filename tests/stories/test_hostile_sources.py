"""What a hostile origin, a curious neighbour or a bad day does to sources, and what comes of it."""

import contextlib
import csv
import errno
import gzip
import hashlib
import io
import os
import time
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import orjson
import pyarrow as pa
import pytest
from tests.collect.scripted import answering, polite
from tests.share.sources import CATALOGUE, TABLE, Clock, add, go, offer, record

from citycommons.collect import graphs, listing, schedule, sources
from citycommons.collect import probe as probing
from citycommons.collect.cache import Cache
from citycommons.collect.connect import own_hosts
from citycommons.collect.hosts import Hosts, Robots
from citycommons.collect.polite import Polite
from citycommons.core import plugs
from citycommons.core.errors import CityError, Forbidden, Invalid, NotFound, TooMuch, Unavailable
from citycommons.core.tables import LINE, REASON
from citycommons.core.types import (
    Access,
    Actor,
    ActorId,
    Dataset,
    DatasetId,
    Field,
    FieldType,
    Grant,
    Link,
    Mode,
    Parcel,
    Publisher,
    PublisherId,
    Role,
    Source,
    SourceId,
)
from citycommons.govern import audit
from citycommons.share import drafts, links, publish, rejects
from citycommons.share.holding import actor_of
from citycommons.standardise import records
from citycommons.standardise.repairs import read_repair
from citycommons.store import catalogue
from citycommons.store.lake import Lake

STEWARD = Actor(
    id=ActorId("rita"),
    name="Rita",
    grants=(Grant(role=Role.DATA_OFFICER, publisher=PublisherId("roads")),),
)
WITH_KEY = Source(
    id=SourceId("counts"),
    title="Counts",
    connector="web",
    options={
        "url": "https://counts.example/all.csv",
        "headers": {"Authorization": {"secret": "counts_key"}},
    },
    publisher=PublisherId("roads"),
    owner=ActorId("admin"),
    dataset=DatasetId("counts"),
)
ELSEWHERE = {**WITH_KEY.options, "url": "https://mine.example/take"}


def secrets(city, text):
    (city.settings.home / "secrets.toml").write_text(text)


class TestSecrets:
    def test_a_steward_cannot_send_the_citys_secret_to_a_server_of_their_own(self, city, admin):
        secrets(city, 'counts_key = "s3cret"\n')
        with city.work(STEWARD) as work, pytest.raises(Forbidden, match="administrators only"):
            sources.save(work, replace(WITH_KEY, options=ELSEWHERE))
        with city.work(admin) as work:
            sources.save(work, WITH_KEY)
        with city.work(STEWARD) as work:
            for change in ({"options": ELSEWHERE}, {"connector": "wzdx"}):
                with pytest.raises(Forbidden, match="administrators only"):
                    sources.save(work, replace(WITH_KEY, **change))
            with pytest.raises(Invalid, match="none for a secret"):
                sources.save(work, replace(WITH_KEY, options={"url": {"secret": "counts_key"}}))

    def test_what_an_administrator_set_up_a_steward_may_still_describe(self, city, admin):
        secrets(city, 'counts_key = "s3cret"\n')
        with city.work(admin) as work:
            sources.save(work, WITH_KEY)
        with city.work(STEWARD) as work:
            sources.save(work, replace(WITH_KEY, title="Cycle counts", every="P1D"))
            sources.remove(work, WITH_KEY.id)
            assert sources.save(work, WITH_KEY).title == "Counts"

    def test_a_publisher_that_is_named_beside_its_secret_may_use_it(self, city):
        secrets(city, '[counts_key]\nvalue = "s3cret"\npublishers = ["roads"]\n')
        with city.work(STEWARD) as work:
            sources.save(work, WITH_KEY)
        secrets(city, '[counts_key]\nvalue = "s3cret"\npublishers = ["parks"]\n')
        with city.work(STEWARD) as work, pytest.raises(Forbidden):
            sources.save(work, replace(WITH_KEY, id=SourceId("other")))

    def test_one_of_the_environment_is_for_administrators(self, city, admin, monkeypatch):
        secrets(city, '[counts_key]\nvalue = "s3cret"\npublishers = ["roads"]\n')
        monkeypatch.setenv("CITYCOMMONS_SECRET_COUNTS_KEY", "hidden")
        with city.work(STEWARD) as work, pytest.raises(Forbidden):
            sources.save(work, WITH_KEY)
        with city.work(admin) as work:
            sources.save(work, WITH_KEY)


def serve(origin, act):
    origin.answer = lambda request, _number: act(request)


def given(request, body=b"", status=200, **headers):
    request.send_response(status)
    for name, text in headers.items():
        request.send_header(name.replace("_", "-"), text)
    request.end_headers()
    request.wfile.write(body)


class TestHostileHosts:
    """What a server can do to whoever asks it."""

    @pytest.fixture
    def client(self, tmp_path):
        with polite(tmp_path / "parcels") as client:
            yield client

    @pytest.mark.parametrize("ask", ["document", "file"])
    def test_one_that_drips_is_left_in_time(self, origin, client, ask):
        def drip(request):
            request.send_response(200)
            request.send_header("Content-Length", "100000")
            request.end_headers()
            with contextlib.suppress(OSError):
                for _ in range(200):
                    request.wfile.write(b"a")
                    request.wfile.flush()
                    time.sleep(0.05)

        serve(origin, drip)
        began = time.monotonic()
        with pytest.raises(Unavailable, match="longer than 1 seconds"):
            getattr(replace(client, total_s=1.0, attempts=1), ask)(origin.url())
        assert time.monotonic() - began < 4

    @pytest.mark.parametrize("ask", ["document", "file"])
    def test_content_packed_twice_is_refused_unopened(self, origin, client, ask):
        # Each packing makes zeros a thousand times smaller, and all are undone in one step.
        bomb = gzip.compress(gzip.compress(bytes(300 << 20)))
        serve(origin, lambda request: given(request, bomb, content_encoding="gzip, gzip"))
        tracemalloc.start()
        with pytest.raises(CityError, match="packed"):
            getattr(client, ask)(origin.url())
        assert tracemalloc.get_traced_memory()[1] < 50 << 20
        tracemalloc.stop()

    @pytest.mark.parametrize("wish", ["\u00b2", "9" * 400, "99999999999999", "-5", "soon"])
    def test_a_wish_to_wait_that_is_none_or_for_ever_is_understood(self, origin, client, wish):
        def later(request):
            request.send_response(503)
            request.wfile.write(b"")
            request.send_header("Retry-After", wish)
            request.end_headers()

        serve(origin, later)
        with pytest.raises(Unavailable) as told:
            client.document(origin.url())
        assert 0 <= told.value.where["retry_after"] <= 86_400
        now = datetime.now(UTC)
        again = schedule.after_failure(1, now=now, retry_after_s=told.value.where["retry_after"])
        assert again <= now + timedelta(days=1)

    def test_a_known_checksum_opens_no_file_of_another_address(self, origin, client):
        serve(origin, lambda request: given(request, b"name\nada\n"))
        mine = client.file(origin.url("/closed.csv"))
        serve(origin, lambda request: given(request, status=403))
        with pytest.raises(Unavailable, match="403"):
            client.file(origin.url("/guessed.csv"), sha256=mine.digest)


TREES = Dataset(
    id=DatasetId("trees"),
    title={"en": "Trees"},
    publisher=PublisherId("roads"),
    license="CC0-1.0",
    key=("id",),
)


class TestNeighbours:
    """What people of one publisher can reach of another, by sources that are rightly their own."""

    @pytest.fixture
    def offered(self, monkeypatch):
        return offer(monkeypatch)

    @pytest.fixture
    def with_parks(self, city, admin):
        """Another publisher with a dataset that nobody else may read."""
        theirs = replace(
            TREES,
            id=DatasetId("trees-owners"),
            title={"en": "Who cuts which tree"},
            publisher=PublisherId("parks"),
            access=Access.INTERNAL,
        )
        with city.work(admin) as work:
            catalogue.save_publisher(work.db, Publisher(id=theirs.publisher, name="Parks"))
            publish.describe(work, theirs)
        draft = drafts.start(
            city, admin, [b"id;cutter\n1;Fir\n2;Elm\n"], name="o.csv", replaces=theirs.id
        )
        drafts.publish(city, admin, draft.id)
        return city

    @pytest.mark.parametrize("mode", list(Mode))
    def test_a_part_that_is_called_like_anothers_dataset_reaches_nothing_of_it(
        self, with_parks, admin, offered, mode
    ):
        city = with_parks
        with city.work(admin) as work:
            publish.describe(work, TREES)
        add(city, STEWARD, replace(TABLE, owner=STEWARD.id, mode=mode))
        offered["owners/all.csv"] = "id;cutter;e_mail\n3;Oak;oak@example.org\n"
        run = go(city, STEWARD, "trees")
        assert run.outcome == "failed"
        assert drafts.waiting(city) == []
        assert "Fir" not in str(run)
        assert "cuts" not in run.message
        with city.work(admin, may_write=False) as work:
            assert catalogue.version(work.db, DatasetId("trees-owners")).number == 1

    def test_a_part_takes_over_no_dataset_that_somebody_made_by_hand(self, city, admin, offered):
        mine = replace(TREES, id=DatasetId("trees-owners"))
        with city.work(admin) as work:
            publish.describe(work, TREES)
            publish.describe(work, mine)
        draft = drafts.start(city, admin, [b"id;v\n1;2\n"], name="o.csv", replaces=mine.id)
        drafts.publish(city, admin, draft.id)
        add(city, admin, TABLE)
        offered["owners/all.csv"] = "id;v\n3;4\n"
        run = go(city, admin, "trees")
        assert run.outcome == "held"
        assert "never came from this source" in run.message
        [waiting] = drafts.waiting(city)
        drafts.publish(city, admin, waiting.id)
        offered["owners/all.csv"] = "id;v\n3;4\n4;5\n"
        assert go(city, admin, "trees").outcome == "done"

    def test_a_known_column_that_suddenly_holds_addresses_of_people_waits(
        self, city, admin, offered
    ):
        fields = (Field(name="contact", type=FieldType.STRING),)
        with city.work(admin) as work:
            publish.describe(work, replace(TREES, fields=fields))
        add(city, admin, TABLE)
        offered["trees.csv"] = "id;contact\n" + "".join(f"{n};depot {n % 3}\n" for n in range(30))
        assert go(city, admin, "trees").outcome == "done"
        people = "".join(f"{n};ada.{n}@example.org\n" for n in range(30))
        offered["trees.csv"] = f"id;contact\n{people}"
        run = go(city, admin, "trees")
        assert run.outcome == "held"
        assert "“contact”" in run.message
        assert "persons" in run.message
        assert "@" not in run.message
        # A person says that these are offices: then they come as before.
        [waiting] = drafts.waiting(city)
        drafts.publish(city, admin, waiting.id)
        offered["trees.csv"] = f"id;contact\n{people}99;ada.99@example.org\n"
        assert go(city, admin, "trees").outcome == "done"


class TestHostileRecords:
    """What a record of another catalogue can do to what is here."""

    @pytest.fixture
    def offered(self, monkeypatch):
        return offer(monkeypatch)

    @pytest.fixture
    def clock(self, city, monkeypatch):
        clock = Clock()
        monkeypatch.setattr(city, "clock", clock)
        return clock

    def test_what_somebody_closed_stays_closed_however_often_the_origin_changes(
        self, city, admin, offered, clock
    ):
        add(city, admin, CATALOGUE)
        offered["a"] = record(1)
        go(city, admin, "portal")
        [id] = self.ids(city, admin)
        with city.work(admin) as work:
            publish.describe(work, replace(catalogue.dataset(work.db, id), access=Access.INTERNAL))
        source = SourceId("portal")
        with city.work(actor_of(CATALOGUE)) as work:  # as many changes of the origin leave
            for _ in range(220):
                audit.record(work, "describe", id, is_new=False)
        clock.on(days=1)
        offered["a"] = record(1, notes="Changed once more.")
        assert go(city, admin, source).counts["changed"] == 1
        with city.work(admin, may_write=False) as work:
            entry = catalogue.dataset(work.db, id)
        assert (entry.access, entry.description["en"]) == (Access.INTERNAL, "Changed once more.")

    def test_no_entry_of_somebody_else_is_taken_over_by_knowing_how_ids_are_made(
        self, city, admin, offered, clock
    ):
        add(city, admin, CATALOGUE)
        offered["a"] = record(1)
        ending = hashlib.sha256(b"portal\x00a").hexdigest()[:8]
        taken = ("measured-thing-1", f"measured-thing-1-{ending}")
        with city.work(admin) as work:
            for id in taken:
                publish.describe(work, replace(TREES, id=DatasetId(id), title={"en": "Mine"}))
        go(city, admin, "portal")
        with city.work(admin, may_write=False) as work:
            for id in taken:
                assert catalogue.dataset(work.db, DatasetId(id)).title == {"en": "Mine"}
        assert len(self.ids(city, admin)) == 3
        clock.on(days=1)
        offered["a"] = record(1, notes="Changed.")
        assert go(city, admin, "portal").counts["changed"] == 1
        assert len(self.ids(city, admin)) == 3

    def ids(self, city, admin):
        with city.work(admin, may_write=False) as work:
            return [one.id for one in catalogue.datasets(work.db)]


class TestWaysInside:
    """Hosts inside that are allowed by name are for those who name them."""

    @pytest.fixture
    def inside(self, tmp_path):
        """A public host that sends everybody to one inside, which is allowed by name."""

        def answer(request):
            if request.headers["host"] == "open.example":
                return httpx.Response(302, headers={"location": "http://vault.city/staff.csv"})
            return httpx.Response(200, content=b"name\nada\n")

        places = {"vault.city": "10.0.0.7", "archive.city": "10.0.0.8"}
        client = Polite(
            cache=tmp_path / "parcels",
            allow_hosts=tuple(places),
            inner=httpx.MockTransport(answer),
            resolver=lambda host, port: [places.get(host, "203.0.114.9")],
            sleep=lambda _seconds: None,
            robots=Robots.IGNORE,
        )
        with client:
            yield client

    def test_a_host_outside_cannot_send_us_there(self, inside):
        assert inside.document("http://vault.city/staff.csv").content == b"name\nada\n"
        for ask in (inside.document, inside.file, inside.look):
            with pytest.raises(Forbidden, match="inside this network"):
                ask("http://open.example/data.csv")

    def test_links_of_another_catalogue_are_not_followed_there(self, city, admin, monkeypatch):
        offered = offer(monkeypatch)
        add(city, admin, CATALOGUE)
        url = "http://vault.city/staff.csv"
        offered["a"] = record(1, license_id="cc-zero", resources=[{"url": url, "format": "CSV"}])
        go(city, admin, "portal")
        asked = []

        def answer(request):
            asked.append(request.url.path)
            return httpx.Response(200, stream=httpx.ByteStream(b"name\nada\n"))

        client = replace(
            probing.polite(links.folder(city), ("vault.city",)),
            inner=httpx.MockTransport(answer),
            resolver=lambda host, port: ["10.0.0.7"],
            hosts=Hosts(),
        )
        links.check_due(city, client)
        assert asked == []
        by_hand = replace(TREES, links=(Link(url=url, format="CSV"),))
        with city.work(admin) as work:
            publish.describe(work, by_hand)
        links.check_due(city, client)
        assert "/staff.csv" in asked

    def test_data_of_a_record_are_not_fetched_there(self, city, admin, monkeypatch):
        offered = offer(monkeypatch)
        city.settings = city.settings.model_copy(update={"allow_hosts": ("127.0.0.1",)})
        add(city, admin, replace(CATALOGUE, with_data=True))
        offered["a"] = record(1, resources=[{"url": "http://127.0.0.1:9/a.csv", "format": "CSV"}])
        run = go(city, admin, "portal")
        [fault] = [one for one in run.faults if one.rule == "data"]
        assert "inside this network" in fault.message

    def test_what_a_source_names_itself_is_its_own(self):
        source = replace(
            CATALOGUE, options={"url": "https://vault.city:8443/api", "query": "a:b", "rows": 5}
        )
        assert own_hosts(source.options, ("vault.city", "archive.city")) == ("vault.city",)

    def test_feeds_of_another_host_get_no_key(self, origin, tmp_path):
        other = f"http://localhost:{origin.port}/station_information.json"
        answering(origin, lambda path, _: {
            "data": {"feeds": [{"name": "station_information", "url": other}]}
        })  # fmt: skip
        client = replace(polite(tmp_path / "parcels"), allow_hosts=("127.0.0.1", "localhost"))
        kind = plugs.load("connectors", "gbfs")
        list(kind(url=origin.url("/gbfs.json"), headers={"X-Key": "s3cret"}, client=client).fetch())
        keys = {one["path"]: one.get("x-key") for one in origin.asked}
        assert keys == {"/gbfs.json": "s3cret", "/station_information.json": None}

    def test_pages_without_end_are_left(self, monkeypatch):
        monkeypatch.setattr(listing, "MOST_PAGES", 50)
        with pytest.raises(TooMuch, match="more than 50 pages"):
            for _ in listing.followed("https://e.org/1", lambda url: ([], f"{url}1")):
                pass
        with pytest.raises(TooMuch, match="more than 50 pages"):
            for _ in listing.counted(lambda offset: ([1], None), where="https://e.org"):
                pass

    def test_a_database_is_never_given_the_servers_own_password(self, monkeypatch):
        import psycopg

        asked = {}
        monkeypatch.setattr(psycopg, "connect", lambda **said: asked.update(said) or 1 / 0)
        kind = plugs.load("connectors", "sql")
        client = Polite(resolver=lambda host, port: ["203.0.114.9"])
        with pytest.raises(ZeroDivisionError):
            list(kind(url="postgresql://db.example/town", table="t", client=client).fetch())
        assert (asked["password"], asked["passfile"]) == ("", os.devnull)


class TestWhatWaits:
    """A delivery that is held is for those who publish for its publisher, and for nobody else."""

    @pytest.fixture
    def held(self, city, admin, monkeypatch):
        offered = offer(monkeypatch)
        rita = replace(STEWARD, id=ActorId("rita"))
        add(city, rita, replace(TABLE, owner=rita.id))
        offered["trees.csv"] = "id;e_mail\n1;ada@example.org\n"
        assert go(city, rita, "trees").outcome == "held"
        [draft] = drafts.waiting(city)
        return draft

    def test_it_does_not_wait_for_somebody_who_has_left(self, city, held):
        colleague = replace(STEWARD, id=ActorId("remo"))
        assert drafts.get(city, colleague, held.id).id == held.id
        assert drafts.mine(city, colleague) == []
        assert [one.id for one in drafts.mine(city, STEWARD)] == [held.id]

    def test_who_has_another_office_no_longer_reads_it(self, city, held):
        moved = replace(STEWARD, grants=(Grant(role=Role.DATA_OFFICER, publisher="parks"),))
        assert drafts.mine(city, moved) == []
        for act in (drafts.get, drafts.publish, drafts.discard):
            with pytest.raises(NotFound):
                act(city, moved, held.id)

    def test_many_that_wait_do_not_fill_the_desk_of_a_person(self, city, admin, held, monkeypatch):
        monkeypatch.setattr("citycommons.share.drafts.keep.MOST", 1)
        drafts.start(city, STEWARD, [b"a\n1\n"], name="mine.csv")
        with pytest.raises(TooMuch):
            drafts.start(city, STEWARD, [b"a\n2\n"], name="mine.csv")


class TestHostileTexts:
    """Texts and graphs of a record that were made to harm whoever reads them."""

    def entry(self, tmp_path, **more):
        path = tmp_path / "record.json"
        path.write_bytes(orjson.dumps(record(1, **more)))
        parcel = Parcel(
            path=path, name="r.json", received=datetime.now(UTC), profile="ckan", identifier="a"
        )
        return records.entry(parcel, publisher=PublisherId("roads"))

    def test_hidden_signs_and_endless_texts_are_left_out(self, tmp_path):
        found = self.entry(
            tmp_path,
            title="Trees\u202e\x00\x07 of " + "x" * 100_000,
            notes="y" * 1_000_000,
            tags=[{"name": f"tag {n}"} for n in range(10_000)],
        )
        assert found.title["en"].startswith("Trees of xxx")
        assert len(found.title["en"]) == 500
        assert len(found.description["en"]) == 50_000
        assert len(found.keywords) == 200

    def test_addresses_that_run_a_program_are_no_links(self, tmp_path):
        bad = ("javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", "file:///etc/x")
        good = ("https://e.org/a b.csv", "ftp://e.org/a.csv", "www.e.org:80/a.csv")
        urls = (*bad, "https://e.org/\x85x", *good)
        found = self.entry(
            tmp_path, url=bad[0], resources=[{"url": url, "format": "CSV"} for url in urls]
        )
        assert {one.url.replace("%20", " ") for one in found.links} == {*good}
        assert not found.landing_page.startswith("javascript")

    def test_100_000_links_are_an_entry_all_the_same(self, tmp_path):
        urls = [{"url": f"https://e.org/{n}.csv", "format": "CSV"} for n in range(100_000)]
        assert len(self.entry(tmp_path, resources=urls).links) == 5000

    @pytest.mark.parametrize(
        "pairs",
        [
            [(one, other) for one in range(14) for other in range(14) if one != other],
            [(one, one + 1) for one in range(3000)],
        ],
        ids=["each names each", "a long chain"],
    )
    def test_nodes_without_a_name_that_name_one_another_come_to_an_end(self, pairs):
        start = (
            "@prefix dcat: <http://www.w3.org/ns/dcat#> .\n"
            "@prefix dct: <http://purl.org/dc/terms/> .\n"
            '<https://e.org/x> a dcat:Dataset; dct:title "T"; dct:publisher _:n0 .\n'
        )
        text = start + "".join(f"_:n{one} dct:isPartOf _:n{other} .\n" for one, other in pairs)
        began = time.monotonic()
        graph, broken = graphs.read(text.encode(), "text/turtle", "https://e.org/", lambda _: {})
        [dataset], stops = graphs.datasets(graph)
        first = graphs.part_of(graph, dataset, stops)
        assert b'"T"' in first
        assert broken == []
        assert time.monotonic() - began < 15

    def test_rows_kept_aside_run_no_formula_and_come_back_as_they_were(self, tmp_path):
        texts = [
            "=cmd|' /C calc'!A0",
            "-2+3+cmd|'x'!A0",
            "@SUM(1)",
            "'=x",
            "-5,20",
            "it's",
            "+39 51",
        ]
        aside = pa.table({LINE: list(range(7)), REASON: ["odd"] * 7, "=name": texts})
        content = rejects.as_csv(aside)
        cells = [row[2] for row in csv.reader(io.StringIO(content.decode("utf-8-sig")))]
        assert [cell[0] for cell in cells[:4]] == ["'"] * 4
        assert cells[5:] == ["-5,20", "it's", "+39 51"]
        path = tmp_path / "rows.csv"
        path.write_bytes(content)
        back = read_repair(Parcel(path=path, name="rows.csv", received=datetime.now(UTC)))
        assert back.names == ("=name",)
        assert [row[0] for row in back.rows] == texts


class TestFullDisk:
    """A disk that is full loses nothing, and is told in words."""

    @pytest.mark.parametrize("place", [(Lake, "write"), (Cache, "store"), (Cache, "store_small")])
    def test_the_run_says_so_and_the_next_one_brings_all(self, city, admin, monkeypatch, place):
        def full(*_args, **_more):
            raise OSError(errno.ENOSPC, "No space left on device")

        offered = offer(monkeypatch)
        with city.work(admin) as work:
            publish.describe(work, TREES)
        is_catalogue = place[1] == "store_small"
        source = add(city, admin, CATALOGUE if is_catalogue else TABLE)
        offered["a"] = record(1) if is_catalogue else "id;v\n1;2\n2;3\n"
        with monkeypatch.context() as today:
            today.setattr(*place, full)
            run = go(city, admin, source.id)
        assert run.outcome == "failed"
        assert "No space left on device" in run.message
        assert "Make room" in run.message
        assert go(city, admin, source.id).outcome == "done"
