import Manifests
import PlatformModel
import Postgres
import ServiceRuntime

/// Workload profiles: those that come with Martlet, and an organisation's own.
enum ProfileRoutes {
    private static let base = "/orgs/{orgId}/workload-profiles"

    static func handlers(_ database: PostgresPool) -> [RouteHandler] {
        let desk = ProfileDesk(database: database)
        return [
            RouteHandler("GET", base) { call in
                try .ok(try await desk.list(call).map { ProfilePicture($0, orgID: call.orgID, isVersion: false) })
            },
            RouteHandler("POST", base) { call in
                let record = try await desk.create(try call.decode(ProfileRequest.self), call)
                return try .created(ProfilePicture(record, orgID: call.orgID, isVersion: false))
            },
            RouteHandler("GET", base + "/{profileQid}") { call in
                try .tagged(ProfilePicture(try await desk.get(call), orgID: call.orgID, isVersion: false))
            },
            RouteHandler("PUT", base + "/{profileQid}") { call in
                let record = try await desk.replace(try call.decode(ProfileRequest.self), call)
                return try .tagged(ProfilePicture(record, orgID: call.orgID, isVersion: false))
            },
            RouteHandler("DELETE", base + "/{profileQid}") { call in
                try await desk.delete(call)
                return .noContent
            },
            RouteHandler("GET", base + "/{profileQid}/versions") { call in
                try .ok(try await desk.versions(call).map { ProfilePicture($0, orgID: call.orgID, isVersion: true) })
            },
            RouteHandler("GET", base + "/{profileQid}/versions/latest") { call in
                try .ok(ProfilePicture(try await desk.get(call), orgID: call.orgID, isVersion: true))
            },
            RouteHandler("GET", "/orgs/{orgId}/workload-profile-features") { _ in
                try .ok(
                    SpecFeature.all.map { feature -> JSON in
                        [
                            "org_id": "humanitec", "id": .string(feature.id), "schema": feature.schema,
                            "version": .string(WorkloadProfile.chartVersion),
                        ]
                    })
            },
            RouteHandler("GET", "/orgs/{orgId}/workload-profile-chart-versions") { call in
                try .ok(charts(call.query))
            },
        ]
    }

    /// What profiles build on. Charts of one's own are not taken: Martlet makes the objects itself.
    private static func charts(_ query: [String: String]) throws -> [JSON] {
        WorkloadProfile.builtIn.map(\.chart)
            .filter { (query["id"] ?? $0.id) == $0.id && (query["version"] ?? $0.version) == $0.version }
            .map { chart in
                [
                    "org_id": "humanitec", "id": .string(chart.id), "version": .string(chart.version),
                    "created_at": .string(Timestamp(milliseconds: 0).description), "created_by": "martlet",
                ]
            }
    }
}

/// Contract: WorkloadProfileResponse, WorkloadProfileVersionResponse.
struct ProfilePicture: Encodable {
    private let record: ProfileStore.Record
    private let orgID: String
    private let isVersion: Bool

    init(_ record: ProfileStore.Record, orgID: String, isVersion: Bool) {
        self.record = record
        self.orgID = WorkloadProfile.isOwn(record.profile.id) ? orgID : "humanitec"
        self.isVersion = isVersion
    }

    func encode(to encoder: any Encoder) throws {
        let profile = record.profile
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(orgID, forKey: .orgID)
        try container.encode(profile.description, forKey: .description)
        try container.encode(profile.deprecationMessage, forKey: .deprecationMessage)
        try container.encode(profile.specDefinition, forKey: .specDefinition)
        try container.encode(profile.specSchema, forKey: .specSchema)
        try container.encode(profile.chart, forKey: .chart)
        try container.encode(profile.versionID, forKey: .version)
        if isVersion {
            try container.encode(profile.versionID, forKey: .id)
            try container.encode(profile.id, forKey: .profileID)
            try container.encode(record.updatedAt, forKey: .createdAt)
            try container.encode(record.updatedBy, forKey: .createdBy)
        } else {
            try container.encode(profile.id, forKey: .id)
            try container.encode(record.createdAt, forKey: .createdAt)
            try container.encode(record.createdBy, forKey: .createdBy)
            try container.encode(record.updatedAt, forKey: .updatedAt)
            try container.encode(record.updatedBy, forKey: .updatedBy)
        }
    }

    private enum CodingKeys: String, CodingKey {
        case id, description, version
        case orgID = "org_id"
        case deprecationMessage = "deprecation_message"
        case specDefinition = "spec_definition"
        case specSchema = "spec_schema"
        case chart = "workload_profile_chart"
        case profileID = "workload_profile_id"
        case createdAt = "created_at"
        case createdBy = "created_by"
        case updatedAt = "updated_at"
        case updatedBy = "updated_by"
    }
}
