"""A service that fails in the middle, by a server written for the test. Needs no service."""

import io
import json
import os
import pickle
import tempfile
import traceback
import unittest

import assay_client
from assay_client import Assay, Project, Refused, Unavailable
from weather import Script, waits

KEY = "assay_thisIsTheSecretOfTheTest"
QUERY = "{ workspace { name } }"
DATA = (200, {}, {"data": {"workspace": {"name": "mine"}}})
STARTS = 'mutation { startRun(input: {projectId: "p"}) { run { id } } }'
NEXT = 'mutation { nextItems(input: {projectId: "p", annotator: "ann"}) { leases { id } } }'


def refusal(status, code, headers=None, message="so it is", **more):
    return (status, headers or {}, {"errors": [{"message": message, "extensions": {"code": code, "requestId": "r1", **more}}]})


def client(script, **options):
    return Assay(script.url, KEY, **options)


def project(script, **options):
    return Project(client(script, **options), {"id": "UHJvamVjdDox", "name": "mail", "classes": ["ham", "spam"]})


class WhatIsSentAgain(unittest.TestCase):
    def test_a_query_is_after_a_reset_and_after_an_answer_of_a_proxy(self):
        with Script("reset", (502, {}, b"<html>bad gateway</html>"), DATA) as script, waits() as told:
            self.assertEqual(client(script).query(QUERY), {"workspace": {"name": "mine"}})
        self.assertEqual(len(script.asked), 3)
        # Longer each time, and not all at once.
        self.assertTrue(0.125 <= told[0] <= 0.25 <= told[1] <= 0.5, told)

    def test_after_429_and_503_the_time_that_the_service_tells_is_waited_for(self):
        with Script(refusal(429, "LIMIT_EXCEEDED", {"Retry-After": "7"}), refusal(503, "UNAVAILABLE", {"Retry-After": "11"}), DATA) as script, waits() as told:
            client(script).query(QUERY)
        self.assertTrue(7 <= told[0] < 8 and 11 <= told[1] < 12, told)

    def test_a_query_whose_answer_says_unavailable_within_status_200_is(self):
        with Script(refusal(200, "UNAVAILABLE", retryAfterSeconds=2), DATA) as script, waits() as told:
            client(script).query(QUERY)
        self.assertTrue(2 <= told[0] < 3, told)

    def test_a_mutation_that_heeds_a_key_is_under_one_key(self):
        done = (200, {}, {"data": {"startRun": {"run": {"id": "1"}}}})
        with Script("reset", refusal(503, "UNAVAILABLE"), refusal(200, "CONFLICT", retryAfterSeconds=5), done) as script, waits():
            client(script).query(STARTS)
        keys = {headers["Idempotency-Key"] for _, _, headers, _ in script.asked}
        self.assertEqual((len(script.asked), len(keys)), (4, 1))

    def test_a_mutation_that_would_be_done_twice_is_not_but_after_429(self):
        for answer in ("reset", refusal(503, "UNAVAILABLE", {"Retry-After": "1"})):
            with Script(answer) as script, waits(), self.assertRaisesRegex(Unavailable, "may have been done"):
                client(script).query(NEXT)
        with Script(refusal(429, "LIMIT_EXCEEDED", {"Retry-After": "1"}), (200, {}, {"data": {"nextItems": {"leases": []}}})) as script, waits():
            client(script).query(NEXT)
        self.assertEqual(len(script.asked), 2)

    def test_refusals_are_not(self):
        for status, code in ((400, "INVALID_INPUT"), (401, "UNAUTHENTICATED"), (403, "FORBIDDEN"), (200, "NOT_FOUND"), (200, "CONFLICT"), (413, "LIMIT_EXCEEDED"), (503, "LIMIT_EXCEEDED"), (200, "INTERNAL")):
            with Script(refusal(status, code, field="input.name")) as script, waits(), self.assertRaises(Refused) as raised:
                client(script).query(QUERY)
            self.assertEqual((raised.exception.code, raised.exception.field, raised.exception.request_id, len(script.asked)), (code, "input.name", "r1", 1))
            self.assertIn("so it is", str(raised.exception))

    def test_on_a_connection_that_ended_while_it_lay_idle_a_query_is_no_second_attempt(self):
        with Script(DATA, "reset", DATA) as script, waits() as told:
            assay = client(script, retries=0)
            assay.query(QUERY)
            assay.query(QUERY)
        self.assertEqual((told, len(script.asked)), ([], 3))

    def test_nothing_is_for_ever(self):
        with Script(*["reset"] * 3) as script, waits() as told, self.assertRaises(Unavailable) as raised:
            client(script, retries=2).query(QUERY)
        self.assertEqual((len(script.asked), len(told), raised.exception.attempts), (3, 2, 3))
        with Script(refusal(429, "LIMIT_EXCEEDED", {"Retry-After": "86400"})) as script, waits() as told, self.assertRaises(Unavailable) as raised:
            client(script).query(QUERY)
        self.assertEqual((told, raised.exception.retry_after), ([], 86400))

    def test_which_operation_a_document_is_decides(self):
        for document, kind, roots in (
            ("{ a b: c(d: {e: \"}\"}) { f } }", "query", ["a", "c"]),
            ("# mutation\nquery Q($a: A! = {b: 1}) @d(e: 1) { x { y } }", "query", ["x"]),
            ("mutation M { again: submitVotes(input: {}) @skip(if: false) { counts { created } } }", "mutation", ["submitVotes"]),
            ("fragment F on Mutation { startRun { id } } mutation { ...F }", "mutation", ["...", "F"]),
            ("query A { a } mutation B { submitVotes }", "several", ["a", "submitVotes"]),
            ("mutation { startRun startRun }", "mutation", ["startRun", "startRun"]),
        ):
            self.assertEqual(assay_client._operation(document), (kind, roots), document)


class Uploads(unittest.TestCase):
    STORED = (200, {}, {"rows": 2, "created": 2, "rejected": 0, "rejects": []})

    def test_are_sent_again_whole_under_their_key(self):
        body = b"item,annotator,class\na,ann,ham\nb,ann,ham\n"
        for file in (body, io.BytesIO(body)):
            with Script("reset", (503, {"Retry-After": "1"}, b""), self.STORED) as script, waits():
                self.assertEqual(project(script).upload_votes(file).created, 2)
            self.assertEqual([sent for _, _, _, sent in script.asked], [body] * 3)
            self.assertEqual(len({headers["Idempotency-Key"] for _, _, headers, _ in script.asked}), 1)

    def test_of_a_stream_that_cannot_be_rewound_tell_the_key_to_send_it_again_under(self):
        class Pipe(io.BytesIO):
            def seekable(self):
                return False

        with Script("reset") as script, waits(), self.assertRaisesRegex(Unavailable, "cannot be rewound") as raised:
            project(script).upload_votes(Pipe(b"item,annotator,class\na,ann,ham\n"))
        self.assertEqual(raised.exception.idempotency_key, script.asked[0][2]["Idempotency-Key"])
        with Script(self.STORED) as script, waits():
            project(script).upload_votes(Pipe(b'{"item":"a"}'))
        self.assertEqual((script.asked[0][1], script.asked[0][3]), ("/projects/UHJvamVjdDox/votes?format=ndjson", b'{"item":"a"}'))

    def test_that_break_off_tell_the_line_and_what_is_stored(self):
        broken = (400, {}, {"error": {"code": "INVALID_INPUT", "message": "a quote does not end", "line": 12, "requestId": "r2"}, "rows": 10, "created": 9})
        with Script(broken) as script, self.assertRaisesRegex(Refused, "line 12: a quote does not end") as raised:
            project(script).upload_votes(b"item\n")
        self.assertEqual((raised.exception.line, raised.exception.details["created"]), (12, 9))

    def test_a_folder_or_a_text_file_is_no_fault_of_the_connection(self):
        with Script() as script, tempfile.TemporaryDirectory() as folder:
            with self.assertRaises(OSError):
                project(script).upload_votes(os.path.join(folder, "not there"))
            with self.assertRaisesRegex(TypeError, "'rb'"):
                project(script).upload_votes(io.StringIO("item\n"))
            self.assertEqual(script.asked, [])


class Downloads(unittest.TestCase):
    WHOLE = b"".join(b'{"item":"i%d","p_ham":0.1,"big":12345678901234567890}\n' % i for i in range(500))
    FIRST = {"ETag": '"e1"', "X-Assay-Run": "UnVuOjE", "X-Assay-Watermark": "17"}

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder, self.path = folder.name, os.path.join(folder.name, "labels.ndjson")

    def half(self, headers=None, of=WHOLE):
        return (200, {**(self.FIRST if headers is None else headers), "Content-Length": str(len(of)), "Connection": "close"}, of[:7001])

    def test_go_on_behind_what_is_there_and_are_then_the_whole(self):
        with Script(self.half(), "reset", (200, {}, self.WHOLE[7001:])) as script, waits():
            done = project(script).download("soft-labels", self.path, format="ndjson")
        with open(self.path, "rb") as file:
            self.assertEqual(file.read(), self.WHOLE)
        self.assertEqual((done.bytes, done.run, done.watermark, os.listdir(self.folder)), (len(self.WHOLE), "UnVuOjE", "17", ["labels.ndjson"]))
        _, target, headers, _ = script.asked[-1]
        self.assertEqual((target.split("?")[1], headers["If-Match"]), ("run=UnVuOjE&watermark=17&skipBytes=7001", '"e1"'))

    def test_begin_anew_where_the_service_has_another_file_by_now_or_cannot_go_on(self):
        conflict = (409, {}, {"error": {"code": "CONFLICT", "message": "another file"}})
        # Also where it is the shorter one.
        for answers, new in (((self.half(), conflict), self.WHOLE), ((self.half({}, self.WHOLE[::-1]),), self.WHOLE), ((self.half(), conflict), b'{"item":"i0"}\n')):
            with Script(*answers, (200, {}, new)) as script, waits():
                project(script).download("items", self.path, format="ndjson")
            with open(self.path, "rb") as file:
                self.assertEqual(file.read(), new)
            self.assertNotIn("skipBytes", script.asked[-1][1])

    def test_that_do_not_end_leave_the_file_of_before_and_nothing_else(self):
        with open(self.path, "wb") as file:
            file.write(b"the file of before")
        endless = (200, {"Connection": "close", "Content-Length": ""}, self.WHOLE)
        for answers in ((self.half({}),) * 2, (self.half(), "reset", "reset"), (endless,) * 2):
            with Script(*answers) as script, waits(), self.assertRaises(Unavailable):
                project(script, retries=1).download("items", self.path, format="ndjson")
            with open(self.path, "rb") as file:
                self.assertEqual((file.read(), os.listdir(self.folder)), (b"the file of before", ["labels.ndjson"]))

    def test_as_rows_have_each_row_once_and_whole_numbers_to_the_digit(self):
        with Script(self.half(), (200, {}, self.WHOLE[7001:])) as script, waits():
            rows = list(project(script).rows("soft-labels"))
        self.assertEqual(rows, [json.loads(line) for line in self.WHOLE.splitlines()])
        self.assertEqual(rows[0]["big"], 12345678901234567890)
        with Script(self.half({})) as script, waits(), self.assertRaisesRegex(Unavailable, "ask anew"):
            list(project(script).rows("items"))


class TheKey(unittest.TestCase):
    def test_is_in_no_text(self):
        echo = f"Bearer {KEY} is not known"
        answers = (refusal(401, "UNAUTHENTICATED", message=echo), (302, {"Location": f"https://elsewhere.example/?{KEY}"}, b""), (500, {}, KEY.encode()))
        for answer in (*answers, "reset"):
            with Script(answer) as script, waits():
                assay = client(script, retries=0)
                try:
                    assay.query(QUERY)
                    self.fail("it is refused")
                except assay_client.AssayError as error:
                    # Without this test's own variables.
                    frames = traceback.StackSummary.extract(traceback.walk_tb(error.__traceback__.tb_next), capture_locals=True)
                    told = "".join([*frames.format(), *traceback.format_exception_only(type(error), error), repr(error), repr(vars(error)), repr(error.__cause__), repr(error.__context__)])
                self.assertNotIn(KEY, told)
                self.assertNotIn(KEY, repr(assay) + str(vars(assay)) + repr(project(script)))
                with self.assertRaises(TypeError):
                    pickle.dumps(assay)
        with self.assertRaises(ValueError) as raised:
            Assay("https://assay.example", f"{KEY}\nmore")
        self.assertNotIn(KEY, str(raised.exception))

    def test_goes_to_no_other_address(self):
        with Script() as elsewhere, Script((307, {"Location": elsewhere.url}, b"")) as script, self.assertRaisesRegex(Refused, "redirects are not followed"):
            client(script).query(QUERY)
        self.assertEqual(elsewhere.asked, [])

    def test_goes_unencrypted_to_this_machine_alone_unless_that_is_allowed(self):
        for url in ("http://assay.example", "http://10.0.0.7:3000", "http://127.0.0.1.example", "http://localhost.example"):
            with self.assertRaisesRegex(ValueError, "unencrypted"):
                Assay(url, KEY)
            Assay(url, KEY, allow_plain_http=True)
        for url in ("http://127.0.0.1:3000", "http://[::1]:3000", "http://localhost", "https://assay.example/behind/a/proxy"):
            Assay(url, KEY)
        for url in ("ftp://assay.example", "https://", "https://user:word@assay.example", "https://assay.example?key=1", "assay.example"):
            with self.assertRaisesRegex(ValueError, "the url is an address"):
                Assay(url, KEY)


if __name__ == "__main__":
    unittest.main()
