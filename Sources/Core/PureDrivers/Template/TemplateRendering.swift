import PlatformModel
import SecretMasking
import Templating
import YAML

/// One evaluation of all templates of a definition.
struct TemplateRendering {
    let request: DriverRequest
    let inputs: TemplateInputs
    /// The cookie of the last time.
    let previous: JSON?
    let seed: String?
    let now: Timestamp
    let limits: TemplateLimits
    let libraries: TemplateLibraries
    /// Those of the definition.
    let secrets: KnownSecrets

    /// Evaluates in order; the result's cookie is what the `cookie` template made.
    func result() throws(DriverError) -> DriverResult {
        var data: JSON = [
            "id": .string(request.guResID), "resource": request.params, "cookie": previous ?? .null,
            "driver": request.driverInputs,
        ]
        // Definitions in the wild read the account both ways.
        if let account = data["driver"]?["secrets"]?["account"] { data["driver"]?["account"] = account }
        data["init"] = try evaluate("init", data) ?? .null
        let cookie = try evaluate("cookie", data)
        let manifests = try manifests(try evaluate("manifests", data))
        let outputs = try object("outputs", try evaluate("outputs", data))
        // Definitions in the wild read `.outputs.values.x`; `.outputs.x` is the shorter form of it.
        data["outputs"] = .object((outputs.object ?? [:]).merging(["values": outputs]) { own, _ in own })
        let secretOutputs = try object("secrets", try evaluate("secrets", data))
        try refuseSecrets(in: outputs, "outputs")
        for (name, manifest) in manifests { try refuseSecrets(in: manifest.data, "manifests.\(name)") }
        return DriverResult(
            values: outputs, secrets: secretOutputs, manifests: manifests.map(\.manifest), cookie: cookie == .null ? nil : cookie)
    }

    private func evaluate(_ name: String, _ data: JSON) throws(DriverError) -> JSON? {
        guard let document = inputs.documents[name] else { return nil }
        return try evaluate(document, data)
    }

    private func evaluate(_ document: TemplateInputs.Document, _ data: JSON) throws(DriverError) -> JSON {
        switch document {
        case .template(let template): return try render(template, data)
        case .object(let members):
            var object: [String: JSON] = [:]
            for key in members.keys.sorted() {
                object[key] = try members[key].map { (member) throws(DriverError) in try evaluate(member, data) }
            }
            return .object(object)
        case .array(let elements):
            var array: [JSON] = []
            for element in elements { array.append(try evaluate(element, data)) }
            return .array(array)
        case .value(let value): return value
        }
    }

    private func render(_ template: Template, _ data: JSON) throws(DriverError) -> JSON {
        let bytes = TemplateSeed(seed ?? "", template: template.name)
        let environment = TemplateEnvironment(
            now: now, randomBytes: { bytes.next($0) }, limits: limits, libraries: libraries,
            generatedAt: seed.flatMap(TemplateSeed.time))
        let text: String
        do throws(TemplateError) {
            text = try template.render(data, environment: environment)
        } catch {
            // The error quotes values, and one may be secret.
            throw failed(
                "DRV-203",
                Problem(
                    code: error.code, file: "templates.\(template.name)", line: error.line, column: error.column,
                    path: "driver_inputs.values.templates.\(template.name)", message: secrets.masked(error.message),
                    suggestion: error.suggestion))
        }
        return try parse(text, name: template.name)
    }

    /// Strict YAML; line and column are those of the template's result.
    private func parse(_ text: String, name: String) throws(DriverError) -> JSON {
        do throws(YAMLError) {
            return try YAMLDocument.parse(Array(text.utf8), file: "the result of templates.\(name)").json
        } catch {
            let problems = error.problems.map { problem in
                var problem = problem
                problem.message = secrets.masked(problem.message)
                problem.path = "driver_inputs.values.templates.\(name)"
                return problem
            }
            throw DriverError(code: "DRV-204", problems: problems)
        }
    }

    private func object(_ name: String, _ value: JSON?) throws(DriverError) -> JSON {
        switch value {
        case nil, .null: return [:]
        case .object: return value ?? [:]
        case let other?:
            throw failed(
                "DRV-204",
                Problem(
                    code: "DRV-204", path: "driver_inputs.values.templates.\(name)",
                    message: "the result must be an object, not \(other.kind)"))
        }
    }

    private func failed(_ code: String, _ problem: Problem) -> DriverError { DriverError(code: code, problems: [problem]) }
}

// Manifests and what must not be seen.
extension TemplateRendering {
    /// Name and manifest, by name. An entry without data, as a condition leaves it, is none.
    private func manifests(_ value: JSON?) throws(DriverError) -> [(name: String, manifest: DriverManifest)] {
        let entries = try object("manifests", value).object ?? [:]
        var manifests: [(String, DriverManifest)] = [], problems: [Problem] = []
        for name in entries.keys.sorted() {
            let path = "driver_inputs.values.templates.manifests.\(name)", entry = entries[name] ?? .null
            if entry.isNull { continue }
            guard let members = entry.object else {
                problems.append(Problem(code: "DRV-204", path: path, message: "an object with location and data is needed"))
                continue
            }
            for key in members.keys.sorted() where key != "location" && key != "data" {
                problems.append(
                    Problem(
                        code: "DRV-204", path: "\(path).\(key)", message: "unknown key",
                        suggestion: nearestName(to: key, among: ["location", "data"])))
            }
            guard let location = members["location"]?.string, DriverManifest.locations.contains(location) else {
                problems.append(
                    Problem(
                        code: "DRV-204", path: "\(path).location",
                        message: "one of \(DriverManifest.locations.joined(separator: ", ")) is needed",
                        suggestion: members["location"]?.string.flatMap { nearestName(to: $0, among: DriverManifest.locations) }))
                continue
            }
            var data = members["data"] ?? .null
            if case .string(let text) = data { data = try parse(text, name: "manifests.\(name).data") }
            if data.isNull { continue }
            manifests.append((name, DriverManifest(location: location, data: data)))
        }
        if !problems.isEmpty { throw DriverError(code: "DRV-204", problems: problems) }
        return manifests
    }

    /// Values and manifests are stored where secrets must not be.
    private func refuseSecrets(in value: JSON, _ path: String) throws(DriverError) {
        guard let place = secrets.place(in: value, path) else { return }
        throw DriverError(
            code: "DRV-205",
            message: "\(place) would hold a secret of the definition in clear; "
                + "give it out in the template 'secrets' and refer to that secret output",
            kind: .refused,
            problems: [
                Problem(
                    code: "DRV-205", path: "driver_inputs.values.templates.\(place)",
                    message: "holds a secret of the definition in clear")
            ])
    }
}
