import AdminTool
import ArgumentParser

await AdminTool.main()
