package settings_test

import (
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/settings"
)

// A name that is nearly one of the names is an error that suggests it: one wrong letter, or two in a name of more than five letters.
func TestASuggestionIsNear(t *testing.T) {
	for key, want := range map[string]string{
		"check": "checks", "chekx": "", "chexkx": "checks", "chxxkx": "", "cheks": "checks", "Routes": "routes", "colour": "", "logkey": "logKey",
	} {
		_, err := settings.FromContext([]byte(`{"`+key+`":{}}`), settings.Known())
		says := "there is no such key"
		if want != "" {
			says += "; did you mean " + want + "?"
		}
		if err == nil || !strings.HasSuffix(err.Error(), says) {
			t.Errorf("%s: error %v, want %q", key, err, says)
		}
	}
}
