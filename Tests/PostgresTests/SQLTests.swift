import PlatformModel
import Testing

@testable import Postgres

@Suite struct SQLTests {
    @Test func valuesAreAlwaysBound() {
        let id = "x'; DROP TABLE apps; --"
        let sql: SQL = "SELECT name FROM apps WHERE id = \(id) AND size > \(3)"
        #expect(sql.text == "SELECT name FROM apps WHERE id = $1 AND size > $2")
        #expect(sql.parameters.map(\.type) == [PostgresType.text, PostgresType.int8])
        #expect(sql.parameters.first?.bytes == Array(id.utf8))
        #expect(sql.isReusable)
    }

    @Test func composedStatementsAreNumberedAtTheEnd() {
        let tenant: SQL = "org_id = \("acme")"
        let sql: SQL = "SELECT \(unsafe: "a, b") FROM t WHERE \(tenant) AND b = \(true)" + " LIMIT \(10)"
        #expect(sql.text == "SELECT a, b FROM t WHERE org_id = $1 AND b = $2 LIMIT $3")
        #expect((["a = \(1)", "b = \(2)"] as [SQL]).joined(" AND ").text == "a = $1 AND b = $2")
    }

    @Test func optionalsKeepTheirType() {
        let absent: String? = nil
        let sql: SQL = "SELECT \(absent), \(Timestamp(milliseconds: 0) as Timestamp?)"
        #expect(sql.parameters.map(\.type) == [PostgresType.text, PostgresType.timestamptz])
        #expect(sql.parameters.map { $0.bytes == nil } == [true, false])
    }

    @Test(arguments: [("plain", "\"plain\""), ("a\"b", "\"a\"\"b\""), ("nul\0x", "\"nulx\"")])
    func identifiersAreQuoted(name: String, quoted: String) {
        let sql: SQL = "DROP ROLE \(identifier: name)"
        #expect(sql.text == "DROP ROLE \(quoted)")
        #expect(!sql.isReusable)
    }

    @Test(arguments: [("it's", "E'it''s'"), ("back\\slash", "E'back\\\\slash'")])
    func literalsAreQuoted(text: String, quoted: String) {
        let sql: SQL = "COMMENT ON ROLE r IS \(literal: text)"
        #expect(sql.text == "COMMENT ON ROLE r IS \(quoted)")
    }
}

@Suite struct FieldTextTests {
    @Test(arguments: [
        ("{}", []), ("{a,b}", ["a", "b"]), (#"{"a b","q\"x","back\\slash",""}"#, ["a b", "q\"x", "back\\slash", ""]),
        (#"{"NULL",x}"#, ["NULL", "x"]),
    ])
    func arrays(text: String, elements: [String]) { #expect(FieldText.elements(ofArray: text) == elements) }

    @Test(arguments: ["", "{", "a", "{NULL}", "{{a}}", "{a", "{\"a}", "{a}b}", "{a,}x", "{\"a\\"])
    func wrongArrays(text: String) { #expect(FieldText.elements(ofArray: text) == nil) }

    @Test func hex() {
        #expect(FieldText.bytes(fromHex: "\\x00fFa1") == [0, 255, 0xa1])
        #expect(FieldText.bytes(fromHex: "\\x") == [])
        for wrong in ["", "x00", "\\x0", "\\xgg"] { #expect(FieldText.bytes(fromHex: wrong) == nil) }
    }
}

@Suite struct StatementCacheTests {
    private func key(_ text: String) -> StatementCache.Key { .init(text: text, types: []) }

    @Test func preparedOnce() {
        var cache = StatementCache(limit: 2)
        guard case .absent(let name) = cache.lookup(key("a")) else { Issue.record("a is new"); return }
        #expect(cache.lookup(key("a")) == .preparing)
        cache.prepared(key("a"))
        #expect(cache.lookup(key("a")) == .ready(name))
        #expect(cache.lookup(.init(text: "a", types: [20])) != .ready(name))
    }

    @Test func theLeastRecentlyUsedGoes() {
        var cache = StatementCache(limit: 2)
        for text in ["a", "b"] {
            _ = cache.lookup(key(text))
            cache.prepared(key(text))
        }
        guard case .ready(let b) = cache.lookup(key("b")), case .ready = cache.lookup(key("a")) else {
            Issue.record("both are ready"); return
        }
        _ = cache.lookup(key("c"))
        #expect(cache.takeDropped() == [b])
        #expect(cache.takeDropped() == [])
        #expect(cache.count == 2)
    }

    @Test func aRefusedOneIsPreparedAgainAndAStaleOneDropped() {
        var cache = StatementCache(limit: 2)
        _ = cache.lookup(key("a"))
        cache.failed(key("a"))
        guard case .absent(let name) = cache.lookup(key("a")) else { Issue.record("a is new again"); return }
        cache.prepared(key("a"))
        cache.failed(key("a"))
        #expect(cache.lookup(key("a")) == .ready(name))
        cache.forget(key("a"), name: "another")
        #expect(cache.lookup(key("a")) == .ready(name))
        cache.forget(key("a"), name: name)
        #expect(cache.takeDropped() == [name])
        #expect(cache.count == 0)
    }
}
