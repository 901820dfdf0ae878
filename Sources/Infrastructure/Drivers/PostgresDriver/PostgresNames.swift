import PlatformModel
import PureDrivers

/// What the driver calls things in the server, and the mark by which it knows its own.
struct PostgresNames: Sendable, Hashable {
    let database: String
    let role: String
    private let guResID: String

    /// PostgreSQL cuts names off at 63 bytes; this much of them is left for people to read.
    private static let readableLimit = 42
    private static let digits = 20

    /// The names that were used last time, as the cookie has them, or else made of the identity.
    init(_ request: DriverRequest) {
        let name = Self.name(for: request)
        database = request.cookie?["database"]?.string ?? name
        role = request.cookie?["username"]?.string ?? name
        guResID = request.guResID
    }

    /// `shop_development_db_0a1b...`: application, environment and resource, then what makes it unique in the whole server.
    static func name(for request: DriverRequest) -> String {
        let last = request.identity.id.split(separator: ".").last.map(String.init) ?? request.identity.type
        var readable = ""
        for byte in "\(request.environment.appID)_\(request.environment.envID)_\(last)".utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                readable.unicodeScalars.append(UnicodeScalar(byte))
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): readable.unicodeScalars.append(UnicodeScalar(byte + 32))
            default: if readable.last != "_" { readable += "_" }
            }
        }
        // A name that begins with a letter needs no quotes in psql.
        if let first = readable.utf8.first, !(UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) { readable = "r" + readable }
        var start = readable.prefix(readableLimit)
        while start.last == "_" { start.removeLast() }
        return "\(start)_\(request.guResID.prefix(digits))"
    }

    /// What every mark of the resource begins with.
    var markPrefix: String { "martlet:\(guResID):" }

    /// The comment on the role and the database.
    func mark(_ request: DriverRequest) -> String { "martlet:\(guResID):\(request.key)" }

    func isOwn(_ mark: String?) -> Bool { mark?.hasPrefix("martlet:\(guResID):") ?? false }

    /// Refuses to go on when the server has a role or a database of these names that is not this resource's.
    ///
    /// A database without any mark that belongs to our own marked role is ours: CREATE DATABASE and its mark cannot be one
    /// transaction, so an attempt may have been lost between the two.
    func requireOwn(
        role found: ServerRole?, database present: ServerDatabase?, on inputs: PostgresInputs, _ request: DriverRequest
    ) throws(DriverError) {
        if let found, !isOwn(found.mark) { throw Self.foreign("role", role, inputs, request) }
        guard let present else { return }
        let isInterrupted = present.mark == nil && found != nil && present.owner == role
        if !isOwn(present.mark), !isInterrupted { throw Self.foreign("database", database, inputs, request) }
    }

    private static func foreign(
        _ kind: String, _ name: String, _ inputs: PostgresInputs, _ request: DriverRequest
    ) -> DriverError {
        DriverError(
            code: "DRV-303",
            message:
                "\(request.identity): the \(kind) '\(name)' on \(inputs.host):\(inputs.port) does not carry this resource's mark, so it "
                + "is left alone; rename or drop it, or correct the definition's host",
            kind: .refused)
    }
}
