package dynamostore

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// entry is one function version in the index, as a sweep, or an event while that generation was the newest, has seen it.
type entry struct {
	function   role.Function
	generation int64
	// gone marks a version that was deleted while a sweep was listing functions.
	gone bool
}

// facts are a version's facts as an entry's body holds them. What an older form lacks is not read.
type facts struct {
	Role         string                `json:"role"`
	Aliases      []string              `json:"aliases,omitempty"`
	Environment  role.Maybe[bool]      `json:"environment"`
	KMSKey       role.Maybe[string]    `json:"kmsKey"`
	LastModified role.Maybe[time.Time] `json:"lastModified"`
	Edge         role.Maybe[bool]      `json:"edge"`
	Config       role.Config           `json:"config"`
}

func (e entry) key() item {
	return keyOf(prefixFunction+e.function.ARN, sortVersion+cmp.Or(e.function.Version, aws.LatestVersion))
}

func (e entry) item() (item, error) {
	f := e.function
	body, err := json.Marshal(facts{
		Role: f.Role, Aliases: f.Aliases, Environment: f.Environment, KMSKey: f.KMSKey, LastModified: f.LastModified, Edge: f.Edge, Config: f.Config,
	}, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", f.QualifiedARN(), err)
	}
	i := newItem(e.key())
	i[generationKey], i["body"] = number(e.generation), text(string(body))
	if e.gone {
		i["gone"] = &types.AttributeValueMemberBOOL{Value: true}
	} else if key := f.RoleKey(); key != "" {
		i[deploy.RoleIndexKey] = text(key)
	}
	return i, nil
}

func parseEntry(i item) (entry, error) {
	r := read(i)
	e := entry{generation: r.number(generationKey)}
	e.function.ARN, e.function.Version = r.name(prefixFunction), strings.TrimPrefix(r.text(deploy.SortKey), sortVersion)
	_, e.gone = r.item["gone"]
	var f facts
	body := r.text("body")
	if *r.err == nil {
		*r.err = json.Unmarshal([]byte(body), &f)
	}
	if *r.err != nil {
		return entry{}, fmt.Errorf("read %s: %w", e.function.QualifiedARN(), *r.err)
	}
	e.function.Role, e.function.Aliases = f.Role, f.Aliases
	e.function.Environment, e.function.KMSKey, e.function.LastModified = f.Environment, f.KMSKey, f.LastModified
	e.function.Edge, e.function.Config = f.Edge, f.Config
	return e, nil
}

// same tells whether an entry is in the table as it is to be.
func same(there, wanted item) bool { return maps.EqualFunc(there, wanted, equal) }

func equal(a, b types.AttributeValue) bool { return reflect.DeepEqual(a, b) }
