package policyfile

import (
	"bytes"
	"net/url"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Decode undoes the percent-encoding of RFC 3986 in which IAM answers with documents; a plus sign stands for itself. A
// text that starts with a brace was never encoded.
func Decode(text string) (string, error) {
	if strings.HasPrefix(strings.TrimLeft(text, blanks), "{") {
		return text, nil
	}
	return url.PathUnescape(text)
}

// decodeOnce undoes one encoding of a text that begins at start, and that is no object. What is no encoding is refused.
func (f File) decodeOnce(start int) ([]byte, error) {
	text := bytes.TrimRight(f.Text[start:], blanks)
	switch {
	case text[0] == '%':
		plain, err := Decode(string(text))
		if err != nil {
			return nil, f.refuse(start, "", "the text begins percent-encoded, but the rest of it is not: %v", err)
		}
		return []byte(plain), nil
	case isStringInside(text):
		plain, err := jsontext.AppendUnquote(nil, []byte(`"`+string(text)+`"`))
		if err != nil {
			return nil, f.refuse(start, "", "the text is not JSON, and not the text of a string either")
		}
		return plain, nil
	case text[0] != '"':
		return nil, f.refuse(start, "", "%s", foreignText(string(text)))
	}
	if !jsontext.Value(text).IsValid(jsontext.AllowInvalidUTF8(true)) {
		return nil, f.refuse(start, "", "the text begins with a string and is not JSON")
	}
	plain, err := jsontext.AppendUnquote(nil, text)
	if err != nil {
		return nil, f.refuse(start, "", "the string contains an escape sequence that is not a character")
	}
	return plain, nil
}

// isStringInside says whether a text is that of a JSON string without its quotation marks, as Amazon API Gateway answers
// with policies: behind its brace stands an escape, which is never so in JSON.
func isStringInside(text []byte) bool {
	return text[0] == '{' && bytes.HasPrefix(bytes.TrimLeft(text[1:], blanks), []byte{'\\'})
}

// foreign are texts that people have next to their policies. The first that matches counts.
var foreign = []struct {
	pattern *regexp.Regexp
	what    string
}{
	{regexp.MustCompile(`^(aws: )?(\[ERROR\]: )?An error occurred \(`), "an error message of the AWS CLI, not a policy: the command failed"},
	{template, "a template that is not rendered, not a policy; render it first"},
	{regexp.MustCompile(`^<`), "XML or HTML, not a policy, which is a JSON object"},
	{regexp.MustCompile(`^(-{4,}|\+-{4,}|[A-Z]+\t)`), "the text or table output of the AWS CLI; use --output json"},
	{regexp.MustCompile(`^[a-z_]\w*\s*=\s`), "HCL, the language of Terraform, not a policy; take the policy from AWS, or from terraform show -json"},
	{regexp.MustCompile(`^(resource|data|variable|locals|module|provider|terraform|output)\b[^\n:]*[{=]`),
		"HCL, the language of Terraform, not a policy; take the policy from AWS, or from terraform show -json"},
	{regexp.MustCompile(`^(---|#|- |(["']?)[A-Za-z][\w:-]*(["']?):(\s|$))`),
		"YAML, not JSON; with the AWS CLI use --output json"},
}

var template = regexp.MustCompile(`^(\{\{|\{%|<%)`)

// templateText says that a text is a template, if it is one.
func templateText(text string) string {
	if !template.MatchString(text) {
		return ""
	}
	return foreignText(text)
}

// foreignText says what a text is that is neither an object nor an encoding of one.
func foreignText(text string) string {
	v := jsontext.Value(text)
	if v.IsValid(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)) {
		switch v.Kind() {
		case '[':
			return "a policy is a JSON object, not a list"
		case 'n':
			return "a policy is a JSON object, not null"
		case '0':
			return "a policy is a JSON object, not a number"
		case 't', 'f':
			return "a policy is a JSON object, not a boolean"
		}
	}
	for _, f := range foreign {
		if f.pattern.MatchString(text) {
			return "the text is " + f.what
		}
	}
	return "the text is not JSON; a policy is a JSON object"
}
