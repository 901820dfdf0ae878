import Planning
import PlatformModel

/// In which order a plan's workloads are deployed, and why; nothing where nobody asked for one.
struct PlanOrderText {
    private struct Place: Decodable {
        struct Need: Decodable {
            var workload: String
            var because: String
        }

        var workload: String
        var round: Int
        var when: String
        var success: String
        var timeout: Int
        var after: [Need]
        var more: Int
    }

    private let places: [Place]
    private let style: TextStyle

    init(_ order: JSON, style: TextStyle) {
        places = (order.array ?? []).compactMap { try? $0.decode(Place.self) }
        self.style = style
    }

    var lines: [String] {
        let normal = DeployCondition()
        guard places.contains(where: { $0.round > 1 || $0.when != normal.when || $0.success != normal.success }) else {
            return []
        }
        return ["", "Order of workloads:"]
            + places.map { place in
                let text = "    \(place.round). " + style(TextStyle.printable(place.workload), .bold)
                return text + "  "
                    + TextStyle.printable(([because(place)].compactMap { $0 } + [end(place)]).joined(separator: "; "))
            }
    }

    private func because(_ place: Place) -> String? {
        let referred = place.after.filter { $0.because == "reference" }.map(\.workload)
        let earlier = place.after.filter { $0.because != "reference" }.map(\.workload)
        var parts: [String] = []
        if !referred.isEmpty { parts.append("after \(Self.named(referred, more: 0)), which it refers to") }
        if !earlier.isEmpty {
            let cause =
                place.when == DeployCondition.When.after.rawValue
                ? "it asks for that with deploy.when: after"
                : "\(earlier.count == 1 ? "that asks" : "those ask") for it with deploy.when: before"
            parts.append("after \(Self.named(earlier, more: place.more)), since \(cause)")
        }
        if parts.isEmpty, place.when == DeployCondition.When.before.rawValue { parts.append("first (deploy.when: before)") }
        return parts.isEmpty ? nil : parts.joined(separator: ", and ")
    }

    private func end(_ place: Place) -> String {
        switch DeployCondition.Success(rawValue: place.success) {
        case .deploy: "done once it is handed over"
        case .complete: "done once it has run to its end, within \(place.timeout) s"
        case .available, nil: "done once it is ready, within \(place.timeout) s"
        }
    }

    private static func named(_ names: [String], more: Int) -> String {
        let shown = 5, rest = max(0, names.count - shown) + more
        return names.prefix(shown).joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
    }
}
