import Glibc

/// What a program checks at its start, so that a misspelt `MARTLET_FAULT` cannot make a test pass.
package enum FaultCheck {
    /// What is wrong with `MARTLET_FAULT` for a program with these points; nil when it is not set or names one of them.
    ///
    /// A release build refuses any value, and any `MARTLET_FAULT_FOLDER`: it has no fault points.
    package static func problem(among points: [FaultPoint]) -> String? {
        #if !DEBUG
            if let folder = getenv("MARTLET_FAULT_FOLDER"), folder.pointee != 0 {
                return "MARTLET_FAULT_FOLDER: this is a release build, which has no fault points"
            }
        #endif
        guard let value = getenv("MARTLET_FAULT"), value.pointee != 0 else { return nil }
        let text = String(cString: value)
        #if DEBUG
            guard let plan = FaultPlan(text) else {
                return
                    "MARTLET_FAULT: '\(text)' is not NAME=crash|stop|fail|lie|delay:SECONDS, NAME/VERB=... or NAME@OCCURRENCE=..."
            }
            // A point of another program is no mistake: one environment is often given to all of them.
            let program = plan.point.name.prefix { $0 != "." }
            let own = points.filter { $0.name.hasPrefix(program + ".") }
            if own.isEmpty || own.contains(plan.point) { return nil }
            return "MARTLET_FAULT: there is no fault point '\(plan.point.name)'; `--fault-points` lists them"
        #else
            return "MARTLET_FAULT: this is a release build, which has no fault points"
        #endif
    }
}
