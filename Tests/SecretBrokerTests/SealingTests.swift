import Cryptography
import PlatformModel
import Postgres
import TestSupport
import Testing

@testable import SecretBroker

@Suite struct SealingTests {
    private static let path = BrokerFixture.prefix + "/aa01/password"

    @Test("A value that was changed by one byte, anywhere, does not open")
    func flips() throws {
        let seal = SecretSeal(orgID: "acme", path: Self.path, version: 1, keyID: "k")
        let key = BrokerFixture.key(7)
        let sealed = try seal.seal("s3cret", key: key)
        #expect(try seal.open(sealed, key: key) == "s3cret")
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1
            #expect(throws: CryptographyError.notAuthentic) { try seal.open(changed, key: key) }
        }
        for length in 0..<sealed.count {
            #expect(throws: CryptographyError.notAuthentic) { try seal.open(Array(sealed.prefix(length)), key: key) }
        }
        let places = [
            SecretSeal(orgID: "globex", path: Self.path, version: 1, keyID: "k"),
            SecretSeal(orgID: "acme", path: Self.path + "x", version: 1, keyID: "k"),
            SecretSeal(orgID: "acme", path: Self.path, version: 2, keyID: "k"),
            SecretSeal(orgID: "acme", path: Self.path, version: 1, keyID: "l"),
            // The same letters, cut elsewhere.
            SecretSeal(orgID: "acmeorgs", path: String(Self.path.dropFirst(4)), version: 1, keyID: "k"),
        ]
        for place in places { #expect(throws: CryptographyError.notAuthentic) { try place.open(sealed, key: key) } }
    }

    @Test(
        "Rows that are changed or copied in the database are refused, whoever asks",
        arguments: [
            "UPDATE broker.secrets SET sealed = set_byte(sealed, 15, get_byte(sealed, 15) # 1) WHERE path LIKE '%/a'",
            "UPDATE broker.secrets SET sealed = (SELECT sealed FROM broker.secrets WHERE path LIKE '%/b') WHERE path LIKE '%/a'",
            "UPDATE broker.secrets SET sealed = (SELECT sealed FROM broker.secrets WHERE path LIKE '%/b' AND version = 1), version = 1 WHERE path LIKE '%/a'",
            "UPDATE broker.secrets SET version = 5 WHERE path LIKE '%/a'",
            "UPDATE broker.data_keys SET wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1) WHERE org_id = 'acme'",
            "UPDATE broker.data_keys AS mine SET wrapped = (SELECT wrapped FROM broker.data_keys WHERE org_id = 'globex') WHERE org_id = 'acme'",
            """
            UPDATE broker.secrets AS mine SET sealed = theirs.sealed, key_id = mine.key_id
            FROM broker.secrets AS theirs WHERE theirs.org_id = 'globex' AND mine.path LIKE '%/a'
            """,
        ])
    func tampering(statement: String) async throws {
        let database = try await PrivatePostgres.database()
        try await BrokerFixture.with(database) { broker in
            try await broker.grant(prefix: BrokerFixture.prefix)
            try await broker.grant("h", org: "globex", prefix: "orgs/globex/apps/shop/envs/dev/resources")
            _ = try await broker.write(BrokerFixture.prefix + "/a", "mine")
            _ = try await broker.write(BrokerFixture.prefix + "/b", "also mine")
            _ = try await broker.write("orgs/globex/apps/shop/envs/dev/resources/a", "theirs", grant: "h", org: "globex")
            try await broker.sql(SQL(stringLiteral: statement))
        }
        // Another broker: the first one has the keys in memory.
        try await BrokerFixture.with(database) { broker in
            let answer = try await broker.refusal { _ = try await broker.read(BrokerFixture.prefix + "/a") }
            #expect(answer == "500 secret_damaged", "\(statement)")
            let audit = try await broker.reads()
            #expect(try audit.map { try $0.string("result") + " " + $0.string("outcome") } == ["damaged failed"])
        }
    }

    @Test("Another root key opens nothing and begins nothing; the new one with the old one beside it does both")
    func rootKeys() async throws {
        let database = try await PrivatePostgres.database()
        let old = BrokerFixture.key(1), new = BrokerFixture.key(2)
        try await BrokerFixture.with(database, rootKeys: try RootKeys(current: old)) { broker in
            try await broker.grant(prefix: BrokerFixture.prefix)
            _ = try await broker.write(Self.path, "mine")
        }
        let wrong = try RootKeys(current: new)
        try await BrokerFixture.with(database, rootKeys: wrong) { broker in
            #expect(try await broker.refusal { _ = try await broker.read(Self.path) } == "503 root_key_missing")
            try await broker.grant("h", org: "globex", prefix: "orgs/globex/apps/shop/envs/dev/resources")
            let begin = try await broker.refusal {
                _ = try await broker.write("orgs/globex/apps/shop/envs/dev/resources/a", "x", grant: "h", org: "globex")
            }
            #expect(begin == "503 root_key_missing")
        }
        try await BrokerFixture.with(database, rootKeys: try RootKeys(current: new, retired: [old])) { broker in
            #expect(try await broker.read(Self.path) == "mine")
            _ = try await broker.write("orgs/globex/apps/shop/envs/dev/resources/a", "x", grant: "h", org: "globex")
            let wrapped = try await broker.rows("SELECT DISTINCT root_key_id FROM broker.data_keys")
            #expect(wrapped.count == 2)
        }
    }

    @Test("No plaintext is in any table")
    func canary() async throws {
        try await BrokerFixture.with { broker in
            try await broker.grant(prefix: BrokerFixture.prefix)
            _ = try await broker.write(Self.path, "canary-4711")
            _ = try await broker.read(Self.path)
            for table in ["secrets", "grants", "reads", "data_keys", "root_keys"] {
                let rows = try await broker.rows(
                    "SELECT t::text || encode(convert_to(t::text, 'UTF8'), 'escape') AS row FROM \(identifier: "broker").\(identifier: table) AS t"
                )
                for row in rows {
                    let text = try row.string("row")
                    // bytea is shown as hex: the canary's bytes are looked for in that form too.
                    #expect(!text.contains("canary") && !text.contains("63616e617279"), "\(table)")
                }
            }
        }
    }
}
