import PlatformModel

/// A Score file after overrides, upgrade and validation.
package struct ScoreFile: Sendable {
    /// The name of the file, for errors.
    package var file: String
    package var document: ScoreDocument
    /// Allowed, but probably not meant.
    package var warnings: [Problem]
    /// Reads it again, with the place of everything: of thousands of files, kept, it would be most of what is in memory.
    var readAgain: @Sendable () -> ScoreNode?
    /// Where each resource is declared.
    var resourceOrigins: [String: ScoreOrigin]

    /// The workload's name.
    package var name: String { document.metadata["name"]?.string ?? "" }
}

/// The content of a Score file, field by field as `score-v1b1` has it.
package struct ScoreDocument: Sendable, Hashable, Codable {
    package struct Service: Sendable, Hashable, Codable {
        package var ports: [String: Port]?
    }

    package struct Port: Sendable, Hashable, Codable {
        package var port: Int
        package var targetPort: Int?
        package var `protocol`: String?
    }

    package struct Container: Sendable, Hashable, Codable {
        package var image: String
        package var command: [String]?
        package var args: [String]?
        package var variables: [String: String]?
        /// Path in the container -> file.
        package var files: [String: File]?
        /// Path in the container -> volume.
        package var volumes: [String: Volume]?
        package var resources: Compute?
        package var livenessProbe: Probe?
        package var readinessProbe: Probe?
        /// Containers that this one comes before -> what it must have reached until they start.
        package var before: [String: Before]?
    }

    /// `content` or `binaryContent` (base64) is set once the file is read for a deployment; `source` otherwise.
    package struct File: Sendable, Hashable, Codable {
        package var mode: String?
        package var content: String?
        package var binaryContent: String?
        package var source: String?
        package var noExpand: Bool?
    }

    package struct Volume: Sendable, Hashable, Codable {
        package var source: String
        package var path: String?
        package var readOnly: Bool?
    }

    package struct Before: Sendable, Hashable, Codable {
        package var ready: String
    }

    package struct Compute: Sendable, Hashable, Codable {
        package var limits: [String: String]?
        package var requests: [String: String]?
    }

    package struct Probe: Sendable, Hashable, Codable {
        package var exec: Exec?
        package var httpGet: HTTPGet?
    }

    package struct Exec: Sendable, Hashable, Codable {
        package var command: [String]
    }

    package struct HTTPGet: Sendable, Hashable, Codable {
        package var host: String?
        package var scheme: String?
        package var path: String
        package var port: Int
        package var httpHeaders: [Header]?
    }

    package struct Header: Sendable, Hashable, Codable {
        package var name: String
        package var value: String
    }

    package struct Resource: Sendable, Hashable, Codable {
        package var type: String
        package var `class`: String?
        package var id: String?
        package var metadata: JSON?
        package var params: JSON?
    }

    package var metadata: JSON
    package var service: Service?
    package var containers: [String: Container]
    package var resources: [String: Resource]?
}
