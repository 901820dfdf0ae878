import Planning
import PlatformModel
import ServiceAPI

/// Why a step did not do what it was for. Never holds a secret: what comes from drivers was masked by the runner.
struct StepFailure: Error, Sendable {
    var errors: [DeploymentError]
    /// Whether it did something cannot be known.
    var isUnknown = false

    /// One error of a resource or workload.
    init(object: String, code: String, message: String, type: String, isUnknown: Bool = false) {
        errors = [
            DeploymentError(
                scope: Self.scope(of: object), objectID: object, code: code, summary: Self.summary(message), message: message,
                errorType: type)
        ]
        self.isUnknown = isUnknown
    }

    /// Every problem of reading, matching or planning.
    init(_ problems: [Problem], type: String) {
        errors = problems.map { problem in
            DeploymentError(
                scope: "environment", objectID: problem.path, code: problem.code, summary: Self.summary(problem.message),
                message: problem.description, errorType: type)
        }
    }

    /// The same, of this object; with what was found out of it.
    func about(_ object: String, finding: String, isUnknown: Bool) -> StepFailure {
        var failure = self
        failure.isUnknown = isUnknown
        failure.errors = errors.map { error in
            var error = error.about(object)
            error.message += ". It had begun before that: \(finding)"
            return error
        }
        return failure
    }

    /// `environment`, `workload` or `resource` (contract: DeploymentErrorResponse).
    fileprivate static func scope(of object: String) -> String {
        if object.hasPrefix("workload ") { return "workload" }
        return object == RunQueue.planNode || object.hasPrefix("environment ") ? "environment" : "resource"
    }

    private static func summary(_ message: String) -> String {
        String((message.split(separator: "\n", maxSplits: 1).first ?? "").prefix(200))
    }
}

extension DeploymentError {
    /// The same error, of this object.
    func about(_ object: String) -> DeploymentError {
        var error = self
        error.objectID = object
        error.scope = StepFailure.scope(of: object)
        return error
    }
}

/// The claim is somebody else's now: nothing more may be written.
struct LostClaim: Error {}

/// Another room does not answer: the step is given back and claimed again in a while.
struct TryLater: Error {
    var cause: String
}
