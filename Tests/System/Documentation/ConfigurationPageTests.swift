import DriverRunner
import Gateway
import LogAggregator
import Orchestrator
import PlatformModel
import SecretBroker
import Testing
import YAML

@testable import AdminTool
@testable import ServiceRuntime

/// The shipped files are the reference of the configuration: every key that a program reads, with its default.
@Suite struct ConfigurationPageTests {
    /// A program's decoder.
    struct Program: Sendable, CustomTestStringConvertible {
        var name: String
        /// Every key that the decoder asks for.
        var keys: @Sendable (String) throws -> Set<String>
        /// What the decoder makes of a text, to compare.
        var reading: @Sendable (String) throws -> String
        var testDescription: String { name }

        init<Configuration: FileConfiguration>(_ name: String, _ type: Configuration.Type) {
            self.name = name
            keys = { text in
                let log = ConfigProblems(file: name)
                let section = ConfigSection(try YAMLDocument.parse(Array(text.utf8), file: name), path: "", log: log)
                _ = Configuration(reading: section)
                return Self.keys(of: section)
            }
            reading = { "\(try ConfigReader.read(type, bytes: Array($0.utf8), file: name))" }
        }

        private static func keys(of section: ConfigSection) -> Set<String> {
            let prefix = section.path.isEmpty ? "" : section.path + "."
            let own = Set(section.asked.map { prefix + $0 })
            return section.children.reduce(own) { $0.union(keys(of: $1)) }
        }
    }

    static let programs = [
        Program("gateway", GatewayConfiguration.self), Program("orchestrator", OrchestratorConfiguration.self),
        Program("runner", RunnerConfiguration.self), Program("broker", BrokerConfiguration.self),
        Program("logs", LogsConfiguration.self), Program("admin", AdminConfiguration.self),
    ]

    /// The shipped file; its callers need not exist on this machine.
    private static func shipped(_ program: Program) throws -> String {
        let text = try Document("etc/martlet/\(program.name).yaml").text
        guard program.name != "admin" else { return text }
        return text.replacing(#/\n  [a-z]+: _martlet-\w+/#) { match in "\n" + match.output.split(separator: ":")[0] + ": root" }
    }

    /// The keys of the text, and those that stand in it as a comment (`# socket_group: _martlet`).
    private static func keys(in text: String) throws -> Set<String> {
        var keys: Set<String> = []
        func walk(_ value: JSON, _ path: String) {
            for (key, member) in value.object ?? [:] {
                keys.insert(path + key)
                walk(member, path + key + ".")
            }
        }
        walk(try YAMLDocument.parse(Array(text.utf8), file: "x").json, "")
        var section = ""
        for line in text.split(separator: "\n") {
            if let match = line.wholeMatch(of: #/([a-z_]+):/#) { section = String(match.1) }
            guard let match = line.wholeMatch(of: #/(  )?# ([a-z_]+): \S+/#) else { continue }
            keys.insert((match.1 == nil ? "" : section + ".") + match.2)
        }
        return keys
    }

    @Test(arguments: programs) func everyKeyIsThereAndNoOther(_ program: Program) throws {
        let text = try Self.shipped(program)
        _ = try program.reading(text)
        // What names its own keys below: a mapping of somebody's names.
        let inFile = try Self.keys(in: text).filter { !$0.hasPrefix("callers.") }
        #expect(try program.keys(text) == inFile)
    }

    /// Each value of the file is the default: without its line the program reads the same.
    @Test(arguments: programs) func everyValueIsItsDefault(_ program: Program) throws {
        let text = try Self.shipped(program)
        var document = try YAMLDocument.parse(Array(text.utf8), file: "x").json
        // Of several callers the order would differ from text to text.
        if program.name != "admin" { document = document.with("callers", ["one": "root"]) }
        let whole = try program.reading(YAMLWriter().text(of: document))
        var needed: Set<String> = []
        for path in try Self.keys(in: text) where !path.hasPrefix("callers") {
            let without = YAMLWriter().text(of: document.without(path.split(separator: ".").map(String.init)[...]))
            // Without the section there is nothing of it at all.
            if ["routes", "sandbox"].contains(path) { continue }
            do { #expect(try program.reading(without) == whole, "\(path)") } catch let error as ConfigError {
                // Only what every host must say itself has no default.
                #expect(error.problems.allSatisfy { ["CONF-103", "CONF-105"].contains($0.code) }, "\(path): \(error)")
                needed.insert(path)
            }
        }
        #expect(needed.isSubset(of: Self.needed), "\(needed)")
    }

    /// Keys without a default, and the sections that hold them.
    private static let needed: Set<String> = [
        "socket", "database", "ldap", "ldap.bind_dn", "ldap.bind_password_file", "ldap.user", "ldap.user.base", "ldap.group",
        "ldap.group.base", "ldap.urls",
    ]

    /// The page names every key of a file's first level, in that file's section or among what all services have.
    @Test(arguments: programs) func thePageNamesEveryKey(_ program: Program) throws {
        let page = try Document("docs/reference/configuration.md")
        let file = "\(program.name).yaml"
        let section = page.section("## [\(file)](../../etc/martlet/\(file))")
        #expect(!section.isEmpty)
        let common = program.name == "admin" ? "" : page.section("## What all five services have")
        for key in try Self.keys(in: try Self.shipped(program)) where !key.contains(".") {
            #expect((section + common).contains("`\(key)`"), "\(key) in \(file)")
        }
    }
}

extension JSON {
    fileprivate func with(_ name: String, _ member: JSON) -> JSON {
        var members = object ?? [:]
        members[name] = member
        return .object(members)
    }

    fileprivate func without(_ path: ArraySlice<String>) -> JSON {
        guard let first = path.first, var members = object else { return self }
        let member = members[first]
        members[first] = path.count == 1 ? nil : member?.without(path.dropFirst())
        return .object(members)
    }
}
