/// One SQL statement with its parameters. Interpolated values are always bound (`$1`...), never put into the text:
///
///     "SELECT name FROM apps WHERE id = \(id) AND size > \(size)"
///
/// A SQL value may be interpolated into another, and `+` joins two; parameters are numbered at the end.
package struct SQL: Sendable, Hashable {
    struct Parameter: Sendable, Hashable {
        let type: UInt32
        /// The binary form; nil is NULL.
        let bytes: [UInt8]?
    }

    enum Fragment: Sendable, Hashable {
        case text(String)
        case parameter(Parameter)
    }

    private(set) var fragments: [Fragment]
    /// False for statements whose text is different each time (names and literals in it): they are not kept prepared.
    private(set) var isReusable: Bool

    init(_ fragments: [Fragment], isReusable: Bool = true) {
        self.fragments = fragments
        self.isReusable = isReusable
    }

    package static func + (left: SQL, right: SQL) -> SQL {
        SQL(left.fragments + right.fragments, isReusable: left.isReusable && right.isReusable)
    }

    package static func += (left: inout SQL, right: SQL) { left = left + right }

    package mutating func append(_ other: SQL) { self += other }

    /// The text with `$n` for each parameter, as the server sees it.
    var text: String {
        var out = ""
        var number = 0
        for fragment in fragments {
            switch fragment {
            case .text(let text): out += text
            case .parameter:
                number += 1
                out += "$\(number)"
            }
        }
        return out
    }

    var parameters: [Parameter] {
        fragments.compactMap { if case .parameter(let parameter) = $0 { parameter } else { nil } }
    }
}

extension [SQL] {
    /// The statements one after the other with `separator` between them: `conditions.joined(" AND ")`.
    package func joined(_ separator: StaticString) -> SQL {
        var out = SQL([])
        for (index, element) in enumerated() {
            if index > 0 { out += SQL([.text("\(separator)")]) }
            out += element
        }
        return out
    }
}

extension SQL: ExpressibleByStringInterpolation {
    package init(stringLiteral value: String) { self.init([.text(value)]) }
    package init(stringInterpolation: StringInterpolation) {
        self.init(stringInterpolation.fragments, isReusable: stringInterpolation.isReusable)
    }

    package struct StringInterpolation: StringInterpolationProtocol {
        var fragments: [Fragment] = []
        var isReusable = true

        package init(literalCapacity: Int, interpolationCount: Int) { fragments.reserveCapacity(interpolationCount * 2 + 1) }

        package mutating func appendLiteral(_ literal: String) {
            if !literal.isEmpty { fragments.append(.text(literal)) }
        }

        package mutating func appendInterpolation<Value: SQLParameter>(_ value: Value) {
            fragments.append(.parameter(Parameter(type: Value.postgresType, bytes: value.postgresBytes)))
        }

        package mutating func appendInterpolation<Value: SQLParameter>(_ value: Value?) {
            fragments.append(.parameter(Parameter(type: Value.postgresType, bytes: value?.postgresBytes)))
        }

        package mutating func appendInterpolation(_ sql: SQL) {
            fragments += sql.fragments
            isReusable = isReusable && sql.isReusable
        }

        /// Text that is part of the program (a column list), never data.
        package mutating func appendInterpolation(unsafe text: StaticString) {
            fragments.append(.text("\(text)"))
        }

        /// A name of a database, role, table or channel, quoted as an identifier.
        package mutating func appendInterpolation(identifier name: String) {
            fragments.append(.text(SQL.quoted(identifier: name)))
            isReusable = false
        }

        /// A quoted literal, for statements that take no parameters (`COMMENT ON`, `CREATE ROLE ... PASSWORD`).
        package mutating func appendInterpolation(literal text: String) {
            fragments.append(.text(SQL.quoted(literal: text)))
            isReusable = false
        }
    }
}

extension SQL {
    /// NUL cannot be written in SQL text at all, so it is left out; the name then differs and is not found.
    static func quoted(identifier name: String) -> String {
        var out = "\""
        for scalar in name.unicodeScalars where scalar != "\0" {
            if scalar == "\"" { out += "\"" }
            out.unicodeScalars.append(scalar)
        }
        return out + "\""
    }

    /// The E'' form means the same whatever `standard_conforming_strings` says.
    static func quoted(literal text: String) -> String {
        var out = "E'"
        for scalar in text.unicodeScalars where scalar != "\0" {
            if scalar == "'" || scalar == "\\" { out.unicodeScalars.append(scalar) }
            out.unicodeScalars.append(scalar)
        }
        return out + "'"
    }
}
