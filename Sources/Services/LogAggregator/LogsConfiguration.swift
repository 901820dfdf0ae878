import LogRules
import ServiceRuntime

/// `/etc/martlet/logs.yaml`.
package struct LogsConfiguration: RoomConfiguration {
    package let service: ServiceConfiguration
    let database: String
    let retention: RetentionSettings

    package init(reading section: ConfigSection) {
        service = ServiceConfiguration(reading: section)
        database = section.string("database")
        let retention = section.section("retention")
        let standard = Self.rule(retention, standard: RetentionRule(maximumAge: .seconds(30 * 86_400), maximumBytes: 2048 << 20))
        self.retention = RetentionSettings(
            standard: standard,
            organizations: Dictionary(
                retention.namedSections("organizations").map { ($0.name, Self.rule($0.section, standard: standard)) },
                uniquingKeysWith: { first, _ in first }),
            interval: retention.seconds("interval", in: 1...86_400, default: 600))
    }

    private static func rule(_ section: ConfigSection, standard: RetentionRule) -> RetentionRule {
        let days = Int(standard.maximumAge / .seconds(86_400)), mebibytes = Int(standard.maximumBytes >> 20)
        return RetentionRule(
            maximumAge: .seconds(section.int("days", in: 1...36_500, default: days) * 86_400),
            maximumBytes: Int64(section.int("mebibytes", in: 1...(1 << 30), default: mebibytes)) << 20)
    }
}
