import Outgoing
import PlatformModel
import PureDrivers

/// The drivers that a runner has, by the driver type of a definition: its own, and those that organisations registered.
package struct DriverCatalogue: Sendable {
    private let drivers: [String: any Driver]
    private let connector: any DriverConnector

    /// Of two drivers with one name the later one counts.
    /// - Parameter connector: how http drivers are reached.
    package init(_ drivers: [any Driver], connector: any DriverConnector = NetworkConnector(rules: OutgoingRules())) {
        self.drivers = Dictionary(drivers.map { ($0.name, $0) }, uniquingKeysWith: { _, last in last })
        self.connector = connector
    }

    /// The names without prefix, sorted.
    package var names: [String] { drivers.keys.sorted() }

    /// The driver of a type such as `humanitec/echo`, `martlet/echo` or `acme/route53`.
    /// - Parameter registered: what an organisation registered under the type, and what that leads to, in this order.
    /// - Throws: `DRV-001` (`invalidInput`) for an unknown type, with the nearest one.
    package func driver(type: String, registered: [ResourceDriver] = []) throws(DriverError) -> any Driver {
        if let name = DriverName.own(type), let driver = drivers[name] { return driver }
        if let registration = registered.first, registration.driverType == type {
            return try driver(registration, leadingTo: Array(registered.dropFirst()))
        }
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

    private func driver(_ registration: ResourceDriver, leadingTo rest: [ResourceDriver]) throws(DriverError) -> any Driver {
        let target: DriverTarget
        do { target = try DriverTarget(registration.target) } catch {
            throw DriverError(
                code: "DRV-502", message: "driver \(registration.driverType): its target is none: \(error.message)",
                kind: .invalidInput)
        }
        return switch target {
        case .address(let address): HTTPDriver(registration, at: address, connector: connector)
        case .driver(let type): VirtualDriver(registration, inFrontOf: try driver(type: type, registered: rest))
        }
    }
}
