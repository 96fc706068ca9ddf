package events

import (
	"embed"
	"strings"
)

// samples holds one EventBridge event for each row, SERVICE.NAME.json, and refused calls, SERVICE.NAME.CAUSE.json.
//
//go:embed samples/*.json
var samples embed.FS

// Sample gives the example event of a row: what EventBridge delivers, written after real records.
func Sample(source, name string) ([]byte, bool) {
	service, _, _ := strings.Cut(source, ".")
	body, err := samples.ReadFile("samples/" + service + "." + name + ".json")
	return body, err == nil
}
