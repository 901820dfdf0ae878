import Testing

@testable import AdminTool

@Suite struct PeerMapTests {
    private let rule =
        "local martlet,martlet_restoring martlet_gateway,martlet_orchestrator,martlet_runner,martlet_broker,martlet_logs,postgres peer map=martlet"

    @Test(arguments: ["", "local all all peer\n", "# a comment\nlocal all all peer"]) func theRuleComesFirst(_ before: String) {
        let text = PeerMap.rules(before, database: "martlet", administrator: "postgres")
        #expect(text == "\(PeerMap.remark)\n\(rule)\n\(before)")
        #expect(PeerMap.rules(text ?? "", database: "martlet", administrator: "postgres") == nil)
    }

    @Test func anEarlierRuleGoes() {
        let before = PeerMap.rules("local all all peer\n", database: "old", administrator: "postgres") ?? ""
        #expect(
            PeerMap.rules("\n" + before, database: "martlet", administrator: "postgres")
                == "\(PeerMap.remark)\n\(rule)\n\nlocal all all peer\n")
    }

    @Test func onlyMissingMappingsAreAdded() {
        let all = PeerMap.mappings("", administrator: "postgres")
        #expect(all?.split(separator: "\n").count == 7)
        #expect(PeerMap.mappings(all ?? "", administrator: "postgres") == nil)
        // However they are written.
        #expect(PeerMap.mappings((all ?? "").replacing(" ", with: "\t  "), administrator: "postgres") == nil)
        #expect(
            PeerMap.mappings("other a b\n# martlet root postgres", administrator: "postgres")
                == "other a b\n# martlet root postgres\n" + (all ?? ""))
        #expect(
            PeerMap.mappings((all ?? "").replacing("martlet root postgres\n", with: ""), administrator: "postgres")?
                .hasSuffix("martlet postgres postgres\nmartlet root postgres\n") == true)
        #expect(PeerMap.mappings(administrator: "root").filter { $0.contains("root") } == ["martlet root root"])
    }

    @Test(arguments: [
        ("martlet", "martlet"), ("my-db_1.x", "my-db_1.x"), ("all", "\"all\""), ("Replication", "\"Replication\""),
        ("a b", "\"a b\""), ("a\"b", "\"a\"\"b\""), ("+x", "\"+x\""), ("", "\"\""),
    ]) func namesAreQuoted(_ name: String, _ text: String) {
        #expect(PeerMap.quoted(name) == text)
    }

    @Test func whatOthersHaveToRun() {
        var facts = ClusterFacts(
            user: "a\"b", database: "martlet", isSuperuser: true, makesRoles: false, makesDatabases: false, hasDatabase: false,
            ownsDatabase: false, hasWriter: false, writerIsGranted: false)
        #expect(facts.statementsForOthers == [])
        facts.isSuperuser = false
        #expect(
            facts.statementsForOthers == [
                "ALTER ROLE \"a\"\"b\" CREATEROLE;", "CREATE ROLE martlet_logs_writer NOLOGIN BYPASSRLS NOINHERIT;",
                "GRANT martlet_logs_writer TO \"a\"\"b\" WITH ADMIN OPTION;",
                "CREATE DATABASE \"martlet\" OWNER \"a\"\"b\" TEMPLATE template0 ENCODING 'UTF8';",
            ])
        facts.makesRoles = true
        facts.makesDatabases = true
        facts.hasWriter = true
        #expect(facts.statementsForOthers == ["GRANT martlet_logs_writer TO \"a\"\"b\" WITH ADMIN OPTION;"])
        facts.writerIsGranted = true
        #expect(facts.statementsForOthers == [])
        facts.hasDatabase = true
        #expect(facts.statementsForOthers == ["ALTER DATABASE \"martlet\" OWNER TO \"a\"\"b\";"])
        facts.ownsDatabase = true
        #expect(facts.statementsForOthers == [])
    }
}
