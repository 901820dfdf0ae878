import AccessControl
import PlatformModel

// Prints how many microseconds one decision takes, for somebody with roles on a thousand applications: the median of several rounds, each
// of which goes through all of them. Part of `make bench`.
var principal = Principal(id: "user:1", name: "One", orgID: "acme", orgRole: .member)
let apps = (0..<1000).map { "application-\($0)" }
for app in apps { principal.appRoles[app] = .developer }
principal.envTypeRoles = ["development": .deployer]
let targets = apps.map { AccessTarget(orgID: "acme", appID: $0, envType: "development") }

var rounds: [Double] = [], allowed = 0
for _ in 0..<101 {
    let start = ContinuousClock.now
    for target in targets where decide(principal, .deploy, on: target).isAllowed { allowed += 1 }
    rounds.append((ContinuousClock.now - start) / .microseconds(1) / Double(targets.count))
}
guard allowed == rounds.count * targets.count else { fatalError("a decision was wrong") }
print(rounds.sorted()[rounds.count / 2])
