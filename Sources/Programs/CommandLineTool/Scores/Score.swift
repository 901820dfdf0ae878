import ArgumentParser

struct Score: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks and deploys Score files.", subcommands: [ScoreValidate.self, ScoreDeploy.self])
}
