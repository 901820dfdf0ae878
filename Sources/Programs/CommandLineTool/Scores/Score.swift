import ArgumentParser

struct Score: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks, renders and deploys Score files.",
        subcommands: [ScoreValidate.self, ScoreRender.self, ScoreDeploy.self])
}
