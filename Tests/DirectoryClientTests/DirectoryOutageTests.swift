import Cryptography
import TestSupport
import Testing

@testable import DirectoryClient

/// T16: what people wait for when the directory does not do what it should.
@Suite struct DirectoryOutageTests {
    @Test func t16AServerThatIsAwayIsUnknownAndComesBack() async throws {
        try await PrivateSlapd.with { slapd in
            let directory = Directory(slapd.configuration(urls: ["ldaps://127.0.0.1:1", slapd.ldapsURL]))
            defer { directory.stop() }
            #expect(await directory.signIn(username: "bob", password: secret("bob-demo")).value != nil)
            try await slapd.stop()
            #expect(await directory.signIn(username: "bob", password: secret("bob-demo")).reason != nil)
            #expect(await directory.signIn(username: "bob", password: secret("wrong")).reason != nil)
            #expect(await directory.seesAnybody().reason != nil)
            try await slapd.start()
            #expect(await directory.signIn(username: "bob", password: secret("bob-demo")).value != nil)
        }
    }

    enum Silence: CaseIterable {
        case blackhole, acceptsThenSilent, slowTLS
    }

    /// The answer comes within the set time, and while nobody answers everybody gets one, not only as many as there are threads.
    @Test(arguments: Silence.allCases, [true, false])
    func t16ASilentServerIsUnknownInTime(_ silence: Silence, _ startTLS: Bool) async throws {
        try await PrivateSlapd.with { slapd in
            let hole = try FullListener()
            let relay = try RecordingRelay(
                to: silence == .slowTLS ? .port(startTLS ? slapd.ldapPort : slapd.ldapsPort) : nil,
                silence == .slowTLS ? .trickling(milliseconds: 100) : .faithful)
            defer { relay.stop() }
            let port = silence == .blackhole ? hole.port : relay.port
            let configuration = slapd.configuration(
                urls: ["\(startTLS ? "ldap" : "ldaps")://127.0.0.1:\(port)"], startTLS: startTLS, connectSeconds: 1,
                requestSeconds: 1)
            let directory = Directory(configuration)
            defer { directory.stop() }
            let start = ContinuousClock.now
            let reasons = await withTaskGroup(of: String?.self) { group in
                for _ in 0..<10 {
                    group.addTask { await directory.signIn(username: "bob", password: secret("bob-demo")).reason }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(reasons.count == 10 && reasons.allSatisfy { $0 != nil })
            // Two seconds are set; the machine may be busy.
            #expect(ContinuousClock.now - start < .seconds(12))
            #expect(configuration.answerWithin == .seconds(2))
        }
    }

    /// A server that sends a byte now and then would begin every timeout of libldap again: its threads are cut loose, and the next
    /// server serves at once.
    @Test func t16ThreadsAreFreeAgainAfterASlowServer() async throws {
        try await PrivateSlapd.with { slapd in
            let slow = try RecordingRelay(to: .port(slapd.ldapsPort), .trickling(milliseconds: 100))
            defer { slow.stop() }
            let directory = Directory(
                slapd.configuration(
                    urls: ["ldaps://127.0.0.1:\(slow.port)", slapd.ldapsURL], connectSeconds: 1, requestSeconds: 1))
            defer { directory.stop() }
            _ = await withTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { _ = await directory.signIn(username: "bob", password: secret("bob-demo")) } }
            }
            // The slow one is now tried last.
            try await eventually(within: .seconds(20)) {
                await directory.signIn(username: "bob", password: secret("bob-demo")).value != nil
            }
        }
    }

    /// The first of the list is blackholed: it costs its time once, and not each time.
    @Test func t16TheNextServerOfTheListIsUsed() async throws {
        try await PrivateSlapd.with { slapd in
            let hole = try FullListener()
            let configuration = slapd.configuration(
                urls: ["ldaps://127.0.0.1:\(hole.port)", slapd.ldapsURL], connectSeconds: 2, requestSeconds: 20)
            let session = DirectorySession(configuration, servers: ServerPool(count: 2))
            let clock = ContinuousClock()
            let first = try clock.measure { _ = try session.connect() }
            let second = try clock.measure { _ = try session.connect() }
            #expect(first >= .seconds(2) && second < .seconds(2), "\(first), \(second)")
        }
    }
}
