import ArgumentParser

struct Score: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "score", abstract: "Checks, renders, deploys and makes Score files.",
        subcommands: [ScoreValidate.self, ScoreRender.self, ScoreDeploy.self, ScoreImport.self])
}
