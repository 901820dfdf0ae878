import Glibc
import Logging
import PlatformModel
import Testing

@testable import ServiceRuntime

private struct Sample: RoomConfiguration {
    let service: ServiceConfiguration
    let workers: Int
    let words: [String]
    let depth: Duration
    let colour: String
    let peers: [String]
    let isOn: Bool

    init(reading section: ConfigSection) {
        service = ServiceConfiguration(reading: section)
        workers = section.int("workers", in: 1...8, default: 2)
        words = section.strings("words", default: ["a"])
        let nested = section.section("nested")
        depth = nested.seconds("depth", in: 0...10, default: 1.5)
        colour = nested.choice("colour", of: ["red", "green"], default: "red")
        peers = section.namedSections("peers").map { "\($0.name)=\($0.section.string("host"))" }
        isOn = section.bool("on", default: false)
    }
}

private func problems(_ text: String) -> [String] {
    do {
        _ = try ConfigReader.read(Sample.self, bytes: Array(text.utf8), file: "s.yaml")
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

@Suite struct ConfigReaderTests {
    @Test func defaultsAndValues() throws {
        let sample = try ConfigReader.read(
            Sample.self,
            bytes: Array(
                "socket: /run/x.sock\nworkers: 3\nnested:\n  depth: 0.25\npeers:\n  a:\n    host: one\n  b:\n    host: two\n".utf8
            ),
            file: "s.yaml")
        #expect(sample.workers == 3)
        #expect(sample.words == ["a"])
        #expect(sample.depth == .milliseconds(250))
        #expect(sample.colour == "red")
        #expect(sample.peers == ["a=one", "b=two"])
        #expect(!sample.isOn)
        #expect(sample.service == ServiceConfiguration(socket: "/run/x.sock"))
    }

    @Test(arguments: [
        ("workers: 3", "s.yaml:1:1: CONF-103 socket: is needed"),
        ("socket: /a\nworker: 3", "s.yaml:2:1: CONF-102 worker: unknown key; did you mean 'workers'?"),
        ("socket: /a\nworkers: many", "s.yaml:2:10: CONF-104 workers: a whole number is needed, this is a string"),
        ("socket: /a\nworkers: 9", "s.yaml:2:10: CONF-105 workers: 9 is not in 1 to 8"),
        ("socket: /a\nwords: one", "s.yaml:2:8: CONF-104 words: a list is needed, this is a string"),
        ("socket: /a\nwords: [a, {b: c}]", "s.yaml:2:12: CONF-104 words[1]: a text is needed, this is a mapping"),
        ("socket: /a\nnested: 4", "s.yaml:2:9: CONF-104 nested: a mapping is needed, this is a number"),
        (
            "socket: /a\nnested:\n  colour: gren",
            "s.yaml:3:11: CONF-105 nested.colour: 'gren' is not one of red, green; did you mean 'green'?"
        ),
        ("socket: /a\nnested:\n  dept: 4", "s.yaml:3:3: CONF-102 nested.dept: unknown key; did you mean 'depth'?"),
        ("socket: /a\npeers:\n  one:\n    hots: x", "s.yaml:4:5: CONF-102 peers.one.hots: unknown key; did you mean 'host'?"),
        ("socket: /a\non: \"yes\"", "s.yaml:2:5: CONF-104 on: true or false is needed, this is a string"),
        ("socket: relative", "s.yaml:1:9: CONF-105 socket: a socket's path begins with /"),
        ("socket: /a\nsocket_mode: 9", "s.yaml:2:14: CONF-105 socket_mode: '9' is not an octal mode such as 0660"),
        ("socket: /a\nlog_level: loud", "s.yaml:2:12: CONF-105 log_level: 'loud' is not one of"),
        (
            "socket: /a\ncallers:\n  gateway: no-such-user",
            "CONF-106 callers: gateway: there is no user 'no-such-user' on this machine"
        ),
        ("socket: /a\nsocket_group: no-such-group", "CONF-106 socket_group: there is no group 'no-such-group' on this machine"),
        ("socket: [", "YAML-101"),
    ])
    func oneProblem(text: String, expected: String) {
        #expect(problems(text).contains { $0.contains(expected) }, "\(problems(text))")
    }

    @Test func allProblemsAtOnceInTheOrderOfTheText() {
        let found = problems("workerz: 1\nsocket: /a\nnested:\n  colour: blue\n  dept: 1\nworkers: 99\n")
        #expect(found.map { $0.prefix { $0 != " " } } == ["s.yaml:1:1:", "s.yaml:4:11:", "s.yaml:5:3:", "s.yaml:6:10:"])
    }

    @Test func usersByNameAndNumber() throws {
        let text =
            "socket: /a\nsocket_group: root\nsocket_mode: 0600\ncallers: {gateway: root, runner: 1234}\nadmins: [root]\nshutdown_grace: 3\nlog_level: debug\n"
        let service = try ConfigReader.read(Sample.self, bytes: Array(text.utf8), file: "s.yaml").service
        #expect(service.callers == ["gateway": 0, "runner": 1234])
        #expect(service.adminUIDs == [0])
        #expect(service.socketGroup == 0)
        #expect(service.socketMode == 0o600)
        #expect(service.shutdownGrace == .seconds(3))
        #expect(service.logLevel == .debug)
    }

    @Test func aFileThatIsNotThere() {
        #expect(throws: ConfigError.self) { try ConfigReader.read(Sample.self, path: "/nonexistent/x.yaml") }
    }
}
