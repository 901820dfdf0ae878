/// A named place in a program where a test can make it fail (conventions.md, Tests). Release builds carry neither the code nor the
/// choice of a fault.
///
/// Each program declares its points as static lets and lists them in one `all`, which `--fault-points` prints.
package struct FaultPoint: Sendable, Hashable {
    /// `program.place`, such as `runner.afterEffect`.
    package let name: String

    package init(_ name: String) { self.name = name }

    /// Does what `MARTLET_FAULT`, or a test by `MARTLET_FAULT_FOLDER`, asks for at this point; nothing unless it names this point.
    ///
    /// `crash` does not return. `delay` and `stop` return late. `fail` and `lie` throw: at a point after an effect that is the same lie, "done,
    /// but the caller is told that it failed"; before one it is a plain failure.
    package func reach() async throws(FaultInjected) {
        #if DEBUG
            for plan in FaultFolder.current?.plans(at: self, verb: FaultVerb.current, subject: FaultVerb.subject) ?? [] {
                try await plan.reach(self)
            }
            if let plan = FaultPlan.current { try await plan.reach(self) }
        #endif
    }
}
