import AdminTool
import ArgumentParser

@main
struct MartletAdmin {
    static func main() async { await AdminTool.main() }
}
