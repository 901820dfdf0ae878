import ArgumentParser
import Cryptography
import DirectoryClient
import FoundationEssentials
import Glibc
import HTTPTypes
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// The first hour of a host, step by step; each is there already or is made now.
struct Setup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Connects the directory, makes the first organisation, imports ready definitions, and looks at what is missing.",
        discussion: """
            Asks at the terminal, or reads --answers FILE. Nothing of the directory is changed before it was found to work. Safe to repeat. \
            Exits with 1 while something fails.
            """)

    @OptionGroup var options: AdminOptions
    @Option(help: "A file of answers; see docs/operating/first-hour.md.") var answers: String?
    @Option(help: "The folder of ready definitions.") var definitions = "/usr/share/martlet/definitions"
    @Option(help: "The command line that imports them.") var client = "/usr/bin/martlet"
    @Option(help: "What makes a directory on this machine.") var localDirectory = "/usr/lib/martlet/local-directory"

    func run() async throws {
        guard geteuid() == 0 else { throw ErrorBody(error: "ADM-026", message: "this needs root") }
        let admin = try options.load()
        let ready = readyDefinitions()
        var answers = try self.answers.map { try ConfigReader.read(SetupAnswers.self, path: $0) } ?? asked(ready)
        if let unknown = answers.definitions.first(where: { !ready.contains($0) }) {
            let nearest = nearestName(to: unknown, among: ready).map { "; did you mean '\($0)'?" } ?? ""
            throw ErrorBody(error: "ADM-041", message: "there is no definition '\(unknown)' in \(definitions)\(nearest)")
        }
        let directory = SetupDirectory(configFile: options.config, admin: admin)
        if let local = answers.local {
            let made = try await LocalDirectory(program: localDirectory, directory: directory).make(local) { print($0) }
            try await directory.connect(.openLDAP, made.directory, password: made.password) { print($0) }
            if answers.organization?.administrators == nil { answers.organization?.administrators = made.administrators }
        } else if answers.kind != .none {
            try await directory.connect(
                answers.kind == .activeDirectory ? .activeDirectory : .openLDAP, answers.directory,
                password: try SecretFile.read(answers.directory.bindPasswordFile)
            ) { print($0) }
        }
        if let organization = answers.organization {
            try await SetupOrganization(admin: admin, configFile: options.config, client: client, definitions: definitions).make(
                organization, definitions: answers.definitions
            ) { print($0) }
        }
        try await look(admin)
    }

    private func readyDefinitions() -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: definitions)) ?? []
        return names.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }

    private func asked(_ ready: [String]) throws -> SetupAnswers {
        guard isatty(STDIN_FILENO) == 1 else {
            throw ErrorBody(error: "ADM-040", message: "there is no terminal to ask at; give --answers FILE")
        }
        let questions = SetupQuestions(
            read: { readLine() },
            write: { text in
                print(text, terminator: "")
                fflush(nil)
            })
        return try questions.ask(definitions: ready)
    }

    /// What is missing yet.
    private func look(_ admin: AdminConfiguration) async throws {
        let seen = try await HostLook(admin, configFile: options.config).observe()
        let findings = DoctorRules.findings(seen, version: ProductVersion.text, schema: SchemaVersion.required).filter {
            $0.level != .ok
        }
        for finding in findings { print(finding.text) }
        guard !findings.contains(where: { $0.level == .failure }) else { throw ExitCode(1) }
        print("Everything that was asked for is there. People sign in by: martlet login --url https://HOST:8443")
    }
}
