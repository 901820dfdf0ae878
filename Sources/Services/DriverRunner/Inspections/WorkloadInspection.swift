import DeployTargets
import PlatformModel
import Postgres
import ServiceAPI

/// Compares what the deploy target runs with what it was told to run.
struct WorkloadInspection: Sendable {
    let target: any DeployTarget
    let database: PostgresPool

    func findings(_ request: InspectionRequest) async -> [InspectionFinding] {
        guard !request.workloads.isEmpty, request.isLooking else {
            return request.workloads.map { _ in InspectionFinding(.cannotTell, reason: "nobody has looked") }
        }
        do {
            let records = try await records(request)
            let statuses = try await target.observe(request.environment)
            return request.workloads.map { name in
                finding(records[name], statuses.first { $0.key.workload == name })
            }
        } catch {
            let failure = ActionReply.failure(of: error, masked: { $0 }).failure
            let finding = InspectionFinding(.failed, reason: failure?.message, code: failure?.code)
            return request.workloads.map { _ in finding }
        }
    }

    private func records(_ request: InspectionRequest) async throws -> [String: WorkloadStore.Record] {
        try await database.withOrg(request.environment.orgID) { transaction in
            var records: [String: WorkloadStore.Record] = [:]
            for name in request.workloads {
                records[name] = try await WorkloadStore.record(
                    WorkloadKey(environment: request.environment, workload: name), transaction)
            }
            return records
        }
    }

    private func finding(_ record: WorkloadStore.Record?, _ status: WorkloadStatus?) -> InspectionFinding {
        guard let record else {
            return InspectionFinding(
                .cannotTell, reason: "this host has no record of the workload: another host's target runs it, or none does")
        }
        guard let status, !status.replicas.isEmpty else { return InspectionFinding(.missing) }
        var changes: [FieldChange] = []
        if status.revision != record.revision {
            changes.append(FieldChange("revision", actual: .string(status.revision), wanted: .string(record.revision)))
        }
        let wanted = record.replicas
        if status.phase != .completed {
            // A replica that is not ready is an illness, and no change by hand; one that is not there is.
            let present = status.replicas.count { $0.revision == record.revision }
            if present != wanted {
                changes.append(FieldChange("replicas", actual: .int(Int64(present)), wanted: .int(Int64(wanted))))
            }
        }
        for replica in status.replicas {
            for (container, image) in replica.images.sorted(by: { $0.key < $1.key }) {
                guard let meant = record.images[container], ImageName.isOther(image, than: meant) else { continue }
                changes.append(
                    FieldChange("\(replica.name)/\(container)/image", actual: .string(image), wanted: .string(meant)))
            }
            for missing in replica.missing {
                changes.append(FieldChange("\(replica.name)/\(missing)", actual: nil, wanted: "runs"))
            }
        }
        return changes.isEmpty
            ? InspectionFinding(.inSync) : InspectionFinding(.drifted, changes: Array(changes.prefix(FieldChange.limit)))
    }
}

extension WorkloadStore.Record {
    private var template: (spec: JSON?, isJob: Bool) {
        let main = objects.first { ["Deployment", "Job"].contains($0["kind"]?.string ?? "") }
        return (main?["spec"], main?["kind"]?.string == "Job")
    }

    /// Replicas that are meant to be there.
    fileprivate var replicas: Int { template.isJob ? 1 : template.spec?["replicas"]?.int ?? 1 }

    /// By the containers' names; initial containers, which end, are there too.
    fileprivate var images: [String: String] {
        let pod = template.spec?["template"]?["spec"]
        let containers = (pod?["initContainers"]?.array ?? []) + (pod?["containers"]?.array ?? [])
        return Dictionary(
            containers.compactMap { one in one["name"]?.string.flatMap { name in one["image"]?.string.map { (name, $0) } } },
            uniquingKeysWith: { first, _ in first })
    }
}

/// Podman calls an image by its full name, whatever it was asked for by.
enum ImageName {
    static func isOther(_ actual: String, than wanted: String) -> Bool {
        // A container that was made by the image's id says nothing of its name.
        if actual.hasPrefix("sha256:") || actual.isEmpty { return false }
        return full(actual) != full(wanted)
    }

    static func full(_ name: String) -> String {
        var name = name
        for prefix in ["docker.io/library/", "docker.io/", "localhost/", "library/"] where name.hasPrefix(prefix) {
            name = String(name.dropFirst(prefix.count))
            break
        }
        if name.contains("@") { return name }
        let last = name.split(separator: "/").last ?? ""
        return last.contains(":") ? name : name + ":latest"
    }
}
