/// What is read from a configuration file: a struct that takes its keys from a section.
package protocol FileConfiguration: Sendable {
    /// Reads every key that there is. Problems are kept by the section; what is read after one never leaves the reader.
    init(reading section: ConfigSection)
}

/// The configuration of a service.
package protocol RoomConfiguration: FileConfiguration {
    /// The keys that every service has.
    var service: ServiceConfiguration { get }
}
