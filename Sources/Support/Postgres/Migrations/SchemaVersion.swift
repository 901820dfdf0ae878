/// The database schema that this code is written for.
package enum SchemaVersion {
    /// The number of the newest file in `migrations/`; a test keeps the two together.
    package static let required = 47
}
