import AdminTool

await AdminTool.main()
