import ServiceRuntime

/// The parts of the broker's file that are about what lies outside of the database.
struct BrokerFile: FileConfiguration {
    var auditHeads: String
    var storeAddresses: [String]

    init(reading section: ConfigSection) {
        auditHeads = section.string("audit_heads_file", default: "/var/lib/martlet/broker/audit-heads.jsonl")
        let stores = section.section("stores")
        storeAddresses = stores.strings("addresses", default: [])
        stores.leaveTheRest()
        section.leaveTheRest()
    }
}
