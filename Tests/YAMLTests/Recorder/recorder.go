// Records what gopkg.in/yaml.v3 makes of each text; see README.md.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"time"

	"gopkg.in/yaml.v3"
)

// plain is a value as JSON can hold it: every number with its type, so that none is rounded on the way.
func plain(value any, node *yaml.Node) any {
	switch typed := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, child := range typed {
			out[key] = plain(child, nil)
		}
		return out
	case map[any]any:
		out := map[string]any{}
		for key, child := range typed {
			out["?"+fmt.Sprint(key)] = plain(child, nil)
		}
		return out
	case []any:
		out := []any{}
		for _, child := range typed {
			out = append(out, plain(child, nil))
		}
		return out
	case int:
		return map[string]any{"$int": strconv.Itoa(typed)}
	case int64:
		return map[string]any{"$int": strconv.FormatInt(typed, 10)}
	case uint64:
		return map[string]any{"$float": strconv.FormatFloat(float64(typed), 'g', -1, 64)}
	case float64:
		if math.IsNaN(typed) {
			return map[string]any{"$float": "nan"}
		}
		return map[string]any{"$float": strconv.FormatFloat(typed, 'g', -1, 64)}
	case time.Time:
		return map[string]any{"$time": true}
	}
	return value
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var question map[string]any
		if err := json.Unmarshal(lines.Bytes(), &question); err != nil {
			panic(err)
		}
		text, isScalar := question["scalar"].(string)
		if isScalar {
			node := yaml.Node{Kind: yaml.ScalarNode, Value: text}
			var value any
			if err := node.Decode(&value); err != nil {
				question["error"] = true
			} else {
				question["value"] = plain(value, &node)
			}
		} else {
			var value any
			if err := yaml.Unmarshal([]byte(question["document"].(string)), &value); err != nil {
				question["error"] = true
			} else {
				question["value"] = plain(value, nil)
			}
		}
		out, err := json.Marshal(question)
		if err != nil {
			panic(err)
		}
		fmt.Println(string(out))
	}
}
