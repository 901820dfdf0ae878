import PlatformModel
import PureDrivers
import Schemas
import TemplateLibraries
import Templating
import YAML

/// A registered driver in front of another: its Go template makes the other's inputs of its own (humanitec.md 3.1), and the other one
/// does the work, under the same GUResID and with its own cookie.
///
/// The template sees `.driver.values`, `.driver.secrets`, `.resource` (the params) and `.id` (the GUResID); its result is YAML or JSON
/// with `values` and `secrets`. Without a template the inputs go on as they are.
package struct VirtualDriver: Driver {
    private let registration: ResourceDriver
    private let target: any Driver

    package var name: String { registration.driverType }
    package var canFind: Bool { target.canFind }
    package var findsByOurRecords: Bool { target.findsByOurRecords }

    package init(_ registration: ResourceDriver, inFrontOf target: any Driver) {
        self.registration = registration
        self.target = target
    }

    package func check(_ request: DriverRequest) -> [Problem] {
        let problems = registration.problems(of: request)
        guard problems.isEmpty else { return problems }
        do { return target.check(try inner(request)) } catch { return error.problems }
    }

    package func canFind(_ request: DriverRequest) -> Bool { (try? inner(request)).map(target.canFind) ?? target.canFind }

    package func provision(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> DriverResult {
        try registration.require(request)
        return try await target.provision(try inner(request), context)
    }

    package func destroy(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) {
        try await target.destroy(try inner(request), context)
    }

    package func find(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> Finding {
        try await target.find(try inner(request), context)
    }

    package func plan(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> DriverPlan {
        try await target.plan(try inner(request), context)
    }

    package var canForesee: Bool { target.canForesee }

    package func effects(
        of action: ForeseenAction, _ request: DriverRequest, _ context: DriverContext
    ) async throws(DriverError) -> PlannedEffects? {
        try await target.effects(of: action, try inner(request), context)
    }

    package func holdsData(_ request: DriverRequest) -> Bool {
        // With a template that is broken now it may have been made by one that was not.
        (try? inner(request)).map(target.holdsData) ?? true
    }

    /// The target's request.
    private func inner(_ request: DriverRequest) throws(DriverError) -> DriverRequest {
        guard let text = registration.template, !text.isEmpty else { return request }
        let document = try parsed(try rendered(text, request))
        guard let members = document.object else {
            throw broken("an object with values and secrets is needed, not \(document.kind)")
        }
        if let name = members.keys.sorted().first(where: { $0 != "values" && $0 != "secrets" }) {
            throw broken(
                "'\(name.prefix(60))' is neither values nor secrets", nearestName(to: name, among: ["values", "secrets"]))
        }
        var inner = request
        inner.values = members["values"].flatMap { $0.isNull ? nil : $0 } ?? [:]
        inner.secrets = members["secrets"].flatMap { $0.isNull ? nil : $0 } ?? [:]
        guard inner.values.object != nil, inner.secrets.object != nil else { throw broken("values and secrets are objects") }
        return inner
    }

    private func rendered(_ text: String, _ request: DriverRequest) throws(DriverError) -> String {
        let data: JSON = [
            "id": .string(request.guResID), "resource": request.params,
            "driver": request.driverInputs,
        ]
        let template: Template
        do throws(TemplateError) { template = try Template.parse(text, name: "template") } catch { throw broken(error) }
        guard !template.usesRandomness else { throw broken("random functions are refused: its inputs would change each time") }
        // The same each time, so that a repeated step is the same step.
        let environment = TemplateEnvironment(
            now: Timestamp(milliseconds: 0), randomBytes: { [UInt8](repeating: 0, count: $0) }, limits: TemplateLimits(),
            libraries: .machine)
        do throws(TemplateError) { return try template.render(data, environment: environment) } catch { throw broken(error) }
    }

    private func parsed(_ text: String) throws(DriverError) -> JSON {
        do throws(YAMLError) { return try YAMLDocument.parse(Array(text.utf8), file: "the result of the template").json } catch {
            throw broken("its result is no YAML; see line \(error.problems.first?.line ?? 1) of what it renders to")
        }
    }

    /// Without the error's own words, which may quote a value.
    private func broken(_ error: TemplateError) -> DriverError {
        broken("\(error.code) at line \(error.line)" + (error.column.map { ", column \($0)" } ?? ""), error.suggestion)
    }

    private func broken(_ message: String, _ suggestion: String? = nil) -> DriverError {
        DriverError(
            code: "DRV-509",
            problems: [
                Problem(
                    code: "DRV-509", path: "template", message: "of the virtual driver \(name): \(message)",
                    suggestion: suggestion)
            ])
    }
}
