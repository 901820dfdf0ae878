import PlatformModel
import Postgres
import TestSupport
import Testing

/// Every parameter type to the server and back.
@Suite struct ValueTests {
    @Test func everyTypeSurvivesTheRoundTrip() async throws {
        try await withPool { pool, _ async throws in
            let text = "a'b\\\"\n\u{1F426} \u{0}".replacing("\u{0}", with: "")
            let json: JSON = ["a": [1, 2.5, nil, true], "b": "x\"y"]
            let time = Timestamp(milliseconds: 1_795_262_400_123)
            let bytes: [UInt8] = Array(0...255)
            let strings = ["", "a b", "c,\"d\"", "NULL", "{x}", "back\\slash"]
            let row = try #require(
                try await pool.query(
                    """
                    SELECT \(text) AS text, \(-42) AS int, \(Int64.max) AS big, \(true) AS yes, \(false) AS no, \(1.5) AS double,
                        \(json) AS json, \(time) AS time, \(bytes) AS bytes, \([UInt8]()) AS empty, \(strings) AS strings,
                        \([String]()) AS nothing, \([1, 2]) AS ints
                    """
                ).first)
            #expect(try row.string("text") == text)
            #expect(try row.int("int") == -42)
            #expect(try row.int64("big") == .max)
            #expect(try row.bool("yes"))
            #expect(try !row.bool("no"))
            #expect(try row.double("double") == 1.5)
            #expect(try row.json("json") == json)
            #expect(try row.timestamp("time") == time)
            #expect(try row.bytes("bytes") == bytes)
            #expect(try row.bytes("empty") == [])
            #expect(try row.strings("strings") == strings)
            #expect(try row.strings("nothing") == [])
            #expect(try row.strings("ints") == ["1", "2"])
        }
    }

    @Test func nullIsNilAndNeverAnEmptyString() async throws {
        try await withPool { pool, _ async throws in
            let row = try #require(
                try await pool.query("SELECT \(String?.none) AS a, \("") AS b, \([UInt8]?.none) AS c, \(JSON?.none) AS d").first)
            #expect(try row.optionalString("a") == nil)
            #expect(try row.isNull("a"))
            #expect(try row.string("b") == "")
            #expect(try row.optionalBytes("c") == nil)
            #expect(try row.optionalJSON("d") == nil)
        }
    }

    @Test func errorsNameTheColumnAndNotTheValue() async throws {
        try await withPool { pool, _ async throws in
            let row = try #require(try await pool.query("SELECT \("hunter2") AS password, \(Int?.none) AS size").first)
            func message(_ body: () throws -> Void) -> String {
                do { try body() } catch { return "\(error)" }
                return "no error"
            }
            #expect(message { _ = try row.int("password") } == "PostgreSQL result: column \"password\" is not an integer")
            #expect(message { _ = try row.int("size") } == "PostgreSQL result: column \"size\" is NULL")
            #expect(
                message { _ = try row.string("pasword") }
                    == "PostgreSQL result: no column \"pasword\" in the result; did you mean \"password\"?")
        }
    }

    @Test func serverErrorsHoldNeitherTheQueryNorItsValues() async throws {
        try await withPool { pool, _ async throws in
            func failure(_ sql: SQL) async -> PostgresError? {
                do { _ = try await pool.query(sql, org: "acme") } catch { return error }
                return nil
            }
            let data = await failure("SELECT \("hunter2")::int")
            #expect(data?.sqlstate == "22P02")
            #expect(data?.description.contains("hunter2") == false)
            let syntax = await failure("SELECT 'hunter2' FORM t")
            #expect(syntax?.sqlstate == "42601")
            #expect(syntax?.description.contains("hunter2") == false)
            #expect(try await pool.execute("INSERT INTO broker.things VALUES ('acme', \("hunter2"))", org: "acme") == 1)
            let unique = await failure("INSERT INTO broker.things VALUES ('acme', \("hunter2"))")
            #expect(unique?.isUniqueViolation == true)
            #expect(unique?.constraint == "things_pkey")
            #expect(unique?.description.contains("hunter2") == false)
            let nul = await failure("SELECT \("a\0b")")
            #expect(nul?.sqlstate == "22021", "a NUL is refused, never cut off at")
        }
    }
}
