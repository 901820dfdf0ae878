import ArgumentParser
import HTTPTypes
import PlatformModel
import ServiceAPI

struct ValueSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Creates a shared value, or gives it another content.",
        discussion: """
            A secret is never given on the command line, where others could see it: it is asked for, or read from standard input. \
            A value that is one already stays one without --secret.
            """)

    @OptionGroup var writing: ValueWriting

    func run() async throws { try await writing.run(mayExist: true) }
}

/// `martlet create value`, by the word order of the other objects.
struct CreateValue: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "value", abstract: "Creates a shared value or secret; 'martlet value set' also changes one.")

    @OptionGroup var writing: ValueWriting

    func run() async throws { try await writing.run(mayExist: false) }
}

/// What both commands take.
struct ValueWriting: ParsableArguments {
    @Argument(help: "The key: letters, digits and _ . - with no digit first.") var key: String
    @Argument(help: "The value; '-' reads it from standard input.") var value: String?
    @Flag(help: "It is a secret: kept sealed, and shown to nobody again.") var secret = false
    @Option(
        help: ArgumentHelp("The secret is kept in a store of your own: where there.", valueName: "store:path[@version]"))
    var ref: String?
    @Option(help: "What it is for.") var description: String?
    @OptionGroup var level: ValueLevelOptions
    @OptionGroup var options: GlobalOptions

    /// Bytes that are read.
    private static let limit = 64 << 10

    func run(mayExist: Bool) async throws {
        guard ref == nil || (value == nil && !secret) else {
            throw CommandFailure.usage("--ref says where the secret is: leave out the value and --secret")
        }
        if secret, let value, value != "-" {
            throw CommandFailure.usage(
                "a secret on the command line can be seen by others: leave it out to be asked for it, or give '-' to read it from standard input"
            )
        }
        let session = try Session(options)
        let path = try level.path(session) + "/values"
        let present = mayExist ? try await own(path, session) : nil
        let isSecret = secret || present?["is_secret"] == true
        if isSecret, ref == nil, let value, value != "-" {
            throw CommandFailure.usage("'\(key)' is a secret: leave out its value to be asked for it, or give '-'")
        }
        var body: JSON = [:]
        if let ref {
            body["secret_ref"] = try Self.reference(ref)
        } else {
            body["value"] = .string(try content(isSecret, session))
        }
        if let description { body["description"] = .string(description) }
        let made: JSON
        if present == nil {
            body["key"] = .string(key)
            if ref == nil { body["is_secret"] = .bool(secret) }
            if description == nil { body["description"] = "" }
            made = try await session.gateway.send(.post, path, body: body)
        } else {
            if secret, present?["is_secret"] != true {
                throw CommandFailure(.conflict, "'\(key)' is no secret: delete it, purge what it had, and create it anew")
            }
            made = try await session.gateway.send(.patch, path + "/" + HTTPCall.segment(key), body: body)
        }
        let words = try level.words(session), verb = present == nil ? "created" : "changed"
        session.printer.show(made) { _ in "value \(key) of \(words) \(verb)\n" }
    }

    /// What the level itself has.
    private func own(_ path: String, _ session: Session) async throws(CommandFailure) -> JSON? {
        let source = level.inEnv ? "env" : "app"
        return (try await session.gateway.get(path).array ?? []).first {
            $0["key"]?.string == key && $0["source"]?.string == source
        }
    }

    private func content(_ isSecret: Bool, _ session: Session) throws(CommandFailure) -> String {
        if let value, value != "-" { return value }
        if value == nil {
            guard isSecret else { throw .usage("what is the value? Give it, or '-' to read it from standard input") }
            if session.host.terminal.isInput {
                session.host.writeError("\(key): ")
                guard let line = session.host.readLine(false) else { throw .usage("no value was given") }
                return line
            }
        }
        guard let bytes = session.host.readInput(Self.limit), let text = String(validating: bytes, as: UTF8.self) else {
            throw .usage("standard input has no text of at most \(Self.limit) bytes")
        }
        // What `echo` adds is not meant.
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    private static func reference(_ text: String) throws(CommandFailure) -> JSON {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw .usage("--ref is given as STORE:PATH or STORE:PATH@VERSION, and this is '\(text)'")
        }
        var reference: JSON = ["store": .string(parts[0]), "ref": .string(parts[1])]
        if let at = parts[1].lastIndex(of: "@"), at != parts[1].startIndex,
            parts[1].index(after: at) < parts[1].endIndex, parts[1][parts[1].index(after: at)...].allSatisfy(\.isNumber)
        {
            reference["ref"] = .string(String(parts[1][..<at]))
            reference["version"] = .string(String(parts[1][parts[1].index(after: at)...]))
        }
        return reference
    }
}
