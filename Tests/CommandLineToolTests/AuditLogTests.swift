import CommandLineTool
import PlatformModel
import Testing

@Suite struct AuditLogTests {
    private static func entry(_ number: Int) -> JSON {
        [
            "id": .string("\(number)"), "at": "2026-11-22T08:00:00.000Z", "user_id": "user:ann", "outcome": "done",
            "request_method": "POST", "request_path": .string("/orgs/acme/apps/\(number)"), "response_status": 201,
            "action": "createApplication",
        ]
    }

    /// Two pages, the second by its link.
    private func gateway(link: String = "</orgs/acme/audit-logs?page=ab&per_page=2>; rel=\"next\"") async throws
        -> ScriptedGateway
    {
        try await ScriptedGateway { request in
            guard request.target.hasPrefix("/orgs/acme/audit-logs?") else { return nil }
            if request.target.contains("page=ab") { return .json([Self.entry(3)]) }
            var answer = ScriptedGateway.Answer.json([Self.entry(1), Self.entry(2)])
            answer.link = link
            return answer
        }
    }

    @Test func pagesFollowEachOther() async throws {
        let gateway = try await gateway(), tool = try Tool(gateway)
        let run = await tool.run("audit-logs", "--from", "2026-11-01T00:00:00Z", "--outcome", "all", "--limit", "3")
        #expect(
            run.status == .done && run.out.contains("POST /orgs/acme/apps/1") && run.out.contains("/orgs/acme/apps/3"), "\(run)")
        #expect(gateway.requests[0].target.contains("outcome=all") && gateway.requests[0].target.contains("per_page=3"))
        #expect(gateway.requests.map(\.target).last == "/orgs/acme/audit-logs?page=ab&per_page=2")
        let json = await tool.run("audit-logs", "--limit", "2", "--output", "json")
        #expect(try JSON.parse(json.out).array?.count == 2)
    }

    /// The token goes to no other host, whatever a link says.
    @Test(arguments: ["<https://evil.example/x>; rel=\"next\"", "<//evil.example/x>; rel=\"next\"", "</x>; rel=\"prev\""])
    func otherLinksAreNotFollowed(_ link: String) async throws {
        let gateway = try await gateway(link: link), tool = try Tool(gateway)
        #expect(await tool.run("audit-logs").status == .done)
        #expect(gateway.requests.count == 1)
    }

    @Test func aLimitIsChecked() async throws {
        let tool = try Tool(try await gateway())
        #expect(await tool.run("audit-logs", "--limit", "0").status == .usage)
    }
}
