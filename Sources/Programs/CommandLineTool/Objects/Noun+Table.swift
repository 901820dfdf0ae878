import PlatformModel

extension Noun {
    /// A list as a table.
    func table(of list: JSON) -> Table {
        Table(titles: columns.map(\.title), rows: (list.array ?? []).map { object in columns.map { $0.cell(object) } })
    }

    private struct Column {
        let title: String
        let cell: (JSON) -> String

        init(_ title: String, _ cell: @escaping (JSON) -> String) {
            self.title = title
            self.cell = cell
        }

        /// A member, or one inside others.
        init(_ title: String, _ path: String...) {
            self.init(title) { object in Noun.text(path.reduce(object) { $0?[$1] }) }
        }
    }

    private var columns: [Column] {
        switch self {
        case .org: [Column("ID", "id"), Column("NAME", "name"), Column("CREATED") { Self.time($0["created_at"]) }]
        case .app:
            [
                Column("ID", "id"), Column("NAME", "name"),
                Column("ENVIRONMENTS") { ($0["envs"]?.array ?? []).compactMap { $0["id"]?.string }.joined(separator: ", ") },
                Column("STATUS", "status"), Column("CREATED") { Self.time($0["created_at"]) },
            ]
        case .env:
            [
                Column("ID", "id"), Column("NAME", "name"), Column("TYPE", "type"), Column("STATUS", "status"),
                Column("LAST DEPLOY", "last_deploy", "id"), Column("DEPLOY STATUS", "last_deploy", "status"),
            ]
        case .envType: [Column("ID", "id"), Column("DESCRIPTION", "description")]
        case .type: [Column("TYPE", "type"), Column("NAME", "name"), Column("CATEGORY", "category"), Column("USE", "use")]
        case .resourceClass:
            [
                Column("CLASS") { self.id(of: $0) }, Column("DESCRIPTION", "description"), Column("BY", "created_by"),
                Column("CREATED") { Self.time($0["created_at"]) },
            ]
        case .driver: [Column("ID", "id"), Column("TYPE", "type"), Column("TARGET", "target")]
        case .def:
            [
                Column("ID", "id"), Column("TYPE", "type"), Column("DRIVER", "driver_type"),
                Column("CRITERIA") { ($0["criteria"]?.array ?? []).map(Self.criterion).joined(separator: "; ") },
            ]
        case .profile:
            [
                Column("ID", "id"), Column("VERSION", "version"), Column("CHART", "workload_profile_chart", "id"),
                Column("DESCRIPTION", "description"),
            ]
        case .rollout:
            [
                Column("ID", "id"), Column("OF") { RolloutText.subject(of: $0) }, Column("STATUS", "status"),
                Column("CREATED") { Self.time($0["created_at"]) }, Column("BY", "created_by"), Column("COMMENT", "comment"),
            ]
        case .deploy:
            [
                Column("ID", "id"),
                Column("STATUS") { Self.text($0["status"]) + (DeploymentWatch.place($0).map { " (\($0))" } ?? "") },
                Column("CREATED") { Self.time($0["created_at"]) }, Column("BY", "created_by"), Column("SET", "set_id"),
                Column("COMMENT", "comment"),
            ]
        case .deletion:
            [
                Column("ID", "id"), Column("OF", "object"),
                Column("STATUS") {
                    Self.text($0["status"]) + ($0["cancelled"] == true ? ", cancelled" : "")
                        + (DeploymentWatch.place($0).map { " (\($0))" } ?? "")
                },
                Column("CREATED") { Self.time($0["created_at"]) }, Column("BY", "created_by"),
            ]
        case .plan:
            [
                Column("ID", "id"), Column("CREATED") { Self.time($0["created_at"]) }, Column("BY", "created_by"),
                Column("MODE", "mode"), Column("CHANGES") { Self.changes($0["totals"]) }, Column("DEPLOYMENT", "deployment_id"),
                Column("COMMENT", "comment"),
            ]
        case .intervention:
            [
                Column("AT") { Self.time($0["at"]) }, Column("ACTION", "action"), Column("OBJECT", "object"),
                Column("REASON", "reason"), Column("RUN", "run_id"), Column("BY", "by"),
            ]
        case .drift:
            [
                Column("ID", "id"), Column("CREATED") { Self.time($0["created_at"]) },
                Column("FOUND") { $0["status"] == "succeeded" ? DriftText.found($0) : Self.text($0["status"]) },
                Column("REPAIRED BY", "deployment_id"), Column("BY", "created_by"),
            ]
        case .delta:
            [
                Column("ID", "id"), Column("NAME", "metadata", "name"), Column("ENV", "metadata", "env_id"),
                Column("CHANGED") { Self.time($0["metadata"]?["last_modified_at"]) }, Column("BY", "metadata", "created_by"),
            ]
        case .set:
            [
                Column("ID", "id"),
                Column("WORKLOADS") { ($0["modules"]?.object ?? [:]).keys.sorted().joined(separator: ", ") },
                Column("SHARED") { ($0["shared"]?.object ?? [:]).keys.sorted().joined(separator: ", ") },
            ]
        case .resource:
            [
                Column("RESOURCE", Self.identity), Column("STATUS", "status"), Column("DEFINITION", "def_id"),
                Column("DRIVER", "driver_type"), Column("UPDATED") { Self.time($0["updated_at"]) },
            ]
        case .value:
            [
                Column("KEY", "key"), Column("VALUE") { Self.valueText($0) }, Column("FROM", "source"),
                Column("DESCRIPTION", "description"), Column("CHANGED") { Self.time($0["updated_at"]) },
                Column("BY", "updated_by"),
            ]
        case .oidcTrust:
            [
                Column("ID", "id"), Column("ISSUER", "issuer"), Column("AS", "name"),
                Column("CLAIMS") {
                    ($0["conditions"]?.object ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.string ?? "")" }
                        .joined(separator: " ")
                },
                Column("LAST USED") { Self.time($0["last_used_at"]) }, Column("LAST REFUSAL", "last_refusal"),
            ]
        case .secretstore:
            [
                Column("ID", "id"), Column("KIND") { $0["vault"] == nil ? "built-in" : "vault" },
                Column("ADDRESS", "vault", "url"), Column("MOUNT", "vault", "path"),
                Column("PATHS OF VALUES") { ($0["vault"]?["paths"]?.array ?? []).compactMap(\.string).joined(separator: ", ") },
                Column("CHANGED") { Self.time($0["updated_at"]) }, Column("BY", "updated_by"),
            ]
        case .account:
            [
                Column("ID", "id"), Column("NAME", "name"), Column("TYPE", "type"),
                Column("USED") { $0["is_used"] == true ? "yes" : "no" }, Column("CREATED") { Self.time($0["created_at"]) },
                Column("BY", "created_by"),
            ]
        case .token:
            [
                Column("ID", "id"), Column("NAME", "name"), Column("USER", "user_id"), Column("DESCRIPTION", "description"),
                Column("EXPIRES") { Self.time($0["expires_at"]) }, Column("LAST USED") { Self.time($0["last_used_at"]) },
                Column("ANSWERABLE", "answerable"),
            ]
        case .limit:
            [
                Column("LIMIT") { Self.limit($0)?.id.word ?? Self.text($0["id"]) },
                Column("USED") { use in Self.limit(use).flatMap { use in use.used.map { use.id.text(of: $0) } } ?? "-" },
                Column("OF") { use in Self.limit(use).flatMap { use in use.limit.map { use.id.text(of: $0) } } ?? "no limit" },
            ]
        case .user:
            [
                Column("NAME", "name"), Column("ROLE", "role"), Column("TYPE", "type"), Column("EMAIL", "email"),
                Column("ID", "id"), Column("INVITE", "invite"),
                Column("VIA") { ($0["via"]?.array ?? []).compactMap(\.string).joined(separator: ", ") },
            ]
        case .group: [Column("ID", "id"), Column("ROLE", "role"), Column("GROUP", "group_id")]
        case .invitation:
            [
                Column("ID", "user_id"), Column("ADDRESS", "email"), Column("ROLE", "role"), Column("BY", "created_by"),
                Column("UNTIL") { Self.time($0["expires_at"]) },
            ]
        }
    }

    private static func limit(_ object: JSON) -> LimitUse? { try? object.decode(LimitUse.self) }

    /// A value's first line, or where its secret is.
    private static func valueText(_ value: JSON) -> String {
        guard value["is_secret"] == true else {
            let text = value["value"]?.string ?? ""
            let line = text.prefix { !$0.isNewline }
            return line.count > 60 || line.count < text.count ? "\(line.prefix(60))..." : String(line)
        }
        let store = value["secret_store_id"]?.string ?? ""
        return store == "built-in" ? "(secret)" : "(secret \(store):\(value["secret_key"]?.string ?? ""))"
    }

    private static func text(_ value: JSON?) -> String {
        switch value {
        case nil, .null: "-"
        case .string(let text): text.isEmpty ? "-" : text
        case let value?: value.canonical
        }
    }

    /// `+3 ~1 =5`: what is created, updated, replaced, deleted and kept.
    private static func changes(_ totals: JSON?) -> String {
        [("create", "+"), ("update", "~"), ("replace", "-/+"), ("delete", "-"), ("keep", "=")]
            .compactMap { key, mark in totals?[key]?.int.flatMap { $0 > 0 ? mark + String($0) : nil } }.joined(separator: " ")
    }

    /// To the second.
    static func time(_ value: JSON?) -> String {
        guard let text = value?.string, text.utf8.count >= 19 else { return "-" }
        return text.prefix(19).replacing("T", with: " ") + "Z"
    }

    /// `env_type=production class=large`, `any`.
    static func criterion(_ criterion: JSON) -> String {
        let parts = ["env_type", "app_id", "env_id", "res_id", "class"].compactMap { key -> String? in
            guard let value = criterion[key]?.string, !value.isEmpty, value != "*" else { return nil }
            return key == "class" && value == "default" ? nil : "\(key)=\(value)"
        }
        return parts.isEmpty ? "any" : parts.joined(separator: " ")
    }
}
