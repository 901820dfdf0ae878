import PlatformModel
import PureDrivers

/// The drivers that a runner has, by the driver type of a definition.
package struct DriverCatalogue: Sendable {
    private let drivers: [String: any Driver]

    /// Of two drivers with one name the later one counts.
    package init(_ drivers: [any Driver]) {
        self.drivers = Dictionary(drivers.map { ($0.name, $0) }, uniquingKeysWith: { _, last in last })
    }

    /// The names without prefix, sorted.
    package var names: [String] { drivers.keys.sorted() }

    /// The driver of a type such as `humanitec/echo` or `martlet/echo`.
    /// - Throws: `DRV-001` (`invalidInput`) for an unknown type, with the nearest one.
    package func driver(type: String) throws(DriverError) -> any Driver {
        if let name = DriverName.own(type), let driver = drivers[name] { return driver }
        let prefix = DriverName.prefixes.first { type.hasPrefix($0) }
        let name = prefix.map { String(type.dropFirst($0.count)) } ?? type
        // A type without its prefix, or with another, is most likely the driver after the slash.
        let lastPart = name.split(separator: "/").last.map(String.init) ?? name
        let nearest = nearestName(to: lastPart, among: names).map { (prefix ?? "martlet/") + $0 }
        let hint = nearest.map { "did you mean '\($0)'?" } ?? "known are \(names.map { "martlet/" + $0 }.joined(separator: ", "))"
        throw DriverError(
            code: "DRV-001", message: "driver type '\(type)' is unknown; \(hint)", kind: .invalidInput,
            problems: [
                Problem(
                    code: "DRV-001", path: "driver_type", message: "driver type '\(type)' is unknown", suggestion: nearest)
            ])
    }
}
