// Records what Go's text/template with Sprig answers for each case of cases.txt.
//
// A case is a block: a line "=== name", the template, and optionally a line "--- data" and JSON. The first block is the data
// of all cases that bring none.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/template"
	"time"
	"unicode/utf8"

	"github.com/Masterminds/sprig"
	"sigs.k8s.io/yaml"
)

type recorded struct {
	Name     string  `json:"name"`
	Template string  `json:"template"`
	Data     any     `json:"data,omitempty"`
	Output   *string `json:"output,omitempty"`
	Error    *string `json:"error,omitempty"`
}

var moment = time.Date(2026, 3, 7, 14, 5, 9, 250_000_000, time.UTC)

func functions() template.FuncMap {
	all := sprig.TxtFuncMap()
	all["now"] = func() time.Time { return moment }
	fixDates(all)
	// As Helm has them.
	all["toYaml"] = func(value any) string {
		text, err := yaml.Marshal(value)
		if err != nil {
			return ""
		}
		return strings.TrimSuffix(string(text), "\n")
	}
	all["fromYaml"] = func(text string) map[string]any {
		members := map[string]any{}
		if err := yaml.Unmarshal([]byte(text), &members); err != nil {
			members["Error"] = err.Error()
		}
		return members
	}
	// Sprig's own hides it and refuses text.
	if os.Getenv("GO_SLICE") != "" {
		delete(all, "slice")
	}
	return all
}

// Sprig takes what is no time for the present one.
func fixDates(all template.FuncMap) {
	fixed := func(value any) any {
		switch value.(type) {
		case time.Time, int, int32, int64:
			return value
		}
		return moment
	}
	date := all["date"].(func(string, any) string)
	all["date"] = func(layout string, value any) string { return date(layout, fixed(value)) }
	inZone := all["dateInZone"].(func(string, any, string) string)
	all["dateInZone"] = func(layout string, value any, zone string) string { return inZone(layout, fixed(value), zone) }
	all["date_in_zone"] = all["dateInZone"]
	html := all["htmlDate"].(func(any) string)
	all["htmlDate"] = func(value any) string { return html(fixed(value)) }
	htmlInZone := all["htmlDateInZone"].(func(any, string) string)
	all["htmlDateInZone"] = func(value any, zone string) string { return htmlInZone(fixed(value), zone) }
}

func record(name, text string, data any) (recorded, bool) {
	result := recorded{Name: name, Template: text, Data: data}
	failed := func(err error) (recorded, bool) {
		message := err.Error()
		result.Error = &message
		return result, utf8.ValidString(message)
	}
	parsed, err := template.New("t").Funcs(functions()).Parse(text)
	if err != nil {
		return failed(err)
	}
	var out bytes.Buffer
	// The template may change its data: it gets its own.
	copied, _ := json.Marshal(data)
	var own any
	json.Unmarshal(copied, &own)
	if err := parsed.Execute(&out, own); err != nil {
		return failed(err)
	}
	output := out.String()
	result.Output = &output
	return result, utf8.ValidString(output)
}

func main() {
	input, _ := io.ReadAll(os.Stdin)
	results := []recorded{}
	var common any
	for index, block := range strings.Split("\n"+string(input), "\n=== ")[1:] {
		name, body, _ := strings.Cut(block, "\n")
		text, dataText, hasData := strings.Cut(body, "\n--- data\n")
		if index == 0 {
			if err := json.Unmarshal([]byte(body), &common); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			continue
		}
		data := common
		if hasData {
			if err := json.Unmarshal([]byte(dataText), &data); err != nil {
				fmt.Fprintln(os.Stderr, name, err)
				os.Exit(1)
			}
		} else {
			text = strings.TrimSuffix(text, "\n")
		}
		// Text that is not UTF-8 has no place in JSON, and our result is an error then.
		result, isText := record(name, text, data)
		if !isText {
			fmt.Fprintln(os.Stderr, name, "gives no UTF-8: left out")
			continue
		}
		if !hasData {
			result.Data = nil
		}
		results = append(results, result)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	encoder.Encode(map[string]any{"data": common, "cases": results})
}
