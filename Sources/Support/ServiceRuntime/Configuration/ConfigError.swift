import PlatformModel

/// Everything that is wrong with a configuration file, in the order of the text. Exit code 2, one line each.
///
/// Codes: `CONF-101` the file cannot be read, `102` unknown key, `103` missing key, `104` wrong type, `105` value out of range or
/// not one of the choices, `106` an unknown user or group; and the `YAML-` codes.
package struct ConfigError: Error, Sendable, Hashable, CustomStringConvertible {
    package let problems: [Problem]

    package init(_ problems: [Problem]) { self.problems = problems }

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
