import PlatformModel
import TestSupport
import Testing

@Suite struct LDAPSyncTests {
    /// T17, as an administrator sees it.
    @Test func t17WhatWaitsIsShownAndConfirmed() async throws {
        try await DirectoryFixture.with { fixture in
            let gateway = try await fixture.startGateway()
            try await fixture.assign("shop-developers", "\"level\": \"app\", \"object\": \"shop\", \"role\": \"developer\"")
            #expect(try await fixture.signIn("bob") == "200")
            let quiet = try await fixture.sync()
            #expect(quiet.code == 0 && quiet.output == "1 people: 0 changed\n", "\(quiet)")
            try await fixture.slapd.modify("dn: cn=shop-developers,ou=groups,dc=example,dc=org\nchangetype: delete")
            for words in [["--dry-run"], []] {
                let run = try await CommandRun(
                    [ProgramProcess.folder + "/martlet-admin", "ldap", "sync", "--config", fixture.folder.file("admin.yaml")]
                        + words)
                #expect(run.code == (words.isEmpty ? 1 : 0))
                let lines = run.output.split(separator: "\n").map(String.init)
                #expect(lines.count == 4, "\(run.output)")
                #expect(lines[0].hasPrefix("WAITS  bob (user:"))
                #expect(lines[0].hasSuffix("; acme) left cn=shop-developers,ou=groups,dc=example,dc=org"))
                #expect(lines[1].hasPrefix("       these groups show no members at all"))
                #expect(lines[2] == "1 people: 0 \(words.isEmpty ? "changed" : "would change")")
                #expect(lines[3].hasSuffix("until you confirm it: martlet-admin ldap sync --confirm-removals"))
            }
            #expect(try await fixture.signIn("bob") == "200")
            #expect(gateway.output.contains("nobody loses anything until it is confirmed"))
            let metrics = try await CommandRun.curl(fixture.folder.file("gateway.sock"), "/metrics").output
            #expect(metrics.contains("martlet_directory_held_people 1"))
            let confirmed = try await fixture.sync("--confirm-removals", "--output", "json")
            let report = try JSON.parse(confirmed.output)
            #expect(confirmed.code == 0 && report["changes"]?.array?.count == 1 && report["confirmation"] == nil, "\(confirmed)")
            #expect(try await fixture.signIn("bob") == "403")
            let both = try await fixture.sync("--confirm-removals", "--dry-run")
            #expect(both.code == 2 && both.error.contains("nothing to confirm"))
        }
    }

    @Test func withoutAGateway() async throws {
        let fixture = try await AdminFixture()
        let run = try await fixture.run("ldap", "sync")
        #expect(run.code == 1 && run.error.hasPrefix("error: gateway cannot be reached: "), "\(run)")
    }
}
