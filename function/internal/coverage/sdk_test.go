package coverage_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
)

// clients are the SDK's clients, whose methods are the operations of a service.
var clients = map[string]reflect.Type{
	"lambda": reflect.TypeFor[*lambda.Client](), "iam": reflect.TypeFor[*iam.Client](), "organizations": reflect.TypeFor[*organizations.Client](),
}

// structures are those whose fields are classified.
var structures = []reflect.Type{
	reflect.TypeFor[lambdatypes.FunctionConfiguration](), reflect.TypeFor[lambdatypes.AliasConfiguration](),
	reflect.TypeFor[lambdatypes.EventSourceMappingConfiguration](), reflect.TypeFor[lambdatypes.FunctionEventInvokeConfig](),
	reflect.TypeFor[lambdatypes.FunctionUrlConfig](), reflect.TypeFor[lambdatypes.CapacityProvider](), reflect.TypeFor[iamtypes.Role](), reflect.TypeFor[iamtypes.Policy](),
}

// valued are types whose values are classified whether or not the field of that type is judged. The types of judged fields are added
// to them.
var valued = []reflect.Type{
	reflect.TypeFor[lambdatypes.StateReasonCode](), reflect.TypeFor[lambdatypes.LastUpdateStatusReasonCode](), reflect.TypeFor[lambdatypes.State](),
	reflect.TypeFor[lambdatypes.LastUpdateStatus](), reflect.TypeFor[lambdatypes.PackageType](), reflect.TypeFor[lambdatypes.TracingMode](),
	reflect.TypeFor[lambdatypes.FunctionUrlAuthType](), reflect.TypeFor[lambdatypes.SourceAccessType](), reflect.TypeFor[lambdatypes.SnapStartApplyOn](),
	reflect.TypeFor[orgtypes.PolicyType](), reflect.TypeFor[orgtypes.OrganizationFeatureSet](),
}

// reading are the beginnings of the names of operations that only read, and readingToo are those that only read and have another
// name. Whatever is not among them changes something until somebody says otherwise.
var (
	reading    = []string{"Get", "List", "Describe"}
	readingToo = map[string][]string{
		"iam": {
			"GenerateCredentialReport", "GenerateOrganizationsAccessReport", "GenerateServiceLastAccessedDetails", "SimulateCustomPolicy", "SimulatePrincipalPolicy",
		},
	}
)

// operationsOf are the names of a client's operations: its methods that take an input and options, and give an output.
func operationsOf(client reflect.Type) (names []string) {
	for m := range client.Methods() {
		if m.Type.NumIn() == 4 && m.Type.NumOut() == 2 && m.Type.In(2).Elem().Name() == m.Name+"Input" {
			names = append(names, m.Name)
		}
	}
	return names
}

// changesOf are the operations of a service that change something.
func changesOf(t *testing.T, service string) (names []string) {
	t.Helper()
	all := operationsOf(clients[service])
	for _, name := range readingToo[service] {
		if !slices.Contains(all, name) {
			t.Errorf("%s has no operation %s: take it out of readingToo", service, name)
		}
	}
	for _, name := range all {
		begins := func(word string) bool { return strings.HasPrefix(name, word) }
		if !slices.ContainsFunc(reading, begins) && !slices.Contains(readingToo[service], name) {
			names = append(names, name)
		}
	}
	if len(names) < 20 || len(names) == len(all) {
		t.Fatalf("%d of %d operations of %s change something: the test does not see them", len(names), len(all), service)
	}
	return names
}

// held is the type that a field holds, without pointers and lists.
func held(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	return t
}

// fieldsOf calls leaf with every field of a structure that has a row, or lacks one. A structure without a row of its own is entered
// where one of its members has a row.
func fieldsOf(structure reflect.Type, prefix string, rows map[string]bool, leaf func(path string, holds reflect.Type)) {
	for f := range structure.Fields() {
		if !f.IsExported() {
			continue
		}
		path, holds := prefix+f.Name, held(f.Type)
		enter := holds.Kind() == reflect.Struct && holds != reflect.TypeFor[time.Time]() && !rows[path] && anyBelow(rows, path)
		if enter {
			fieldsOf(holds, path+".", rows, leaf)
		} else {
			leaf(path, holds)
		}
	}
}

func anyBelow(rows map[string]bool, path string) bool {
	for row := range rows {
		if strings.HasPrefix(row, path+".") {
			return true
		}
	}
	return false
}

// valuesOf are the values of a type of the SDK that lists them.
func valuesOf(t reflect.Type) (values []string) {
	m, ok := t.MethodByName("Values")
	if !ok {
		return nil
	}
	for _, v := range m.Func.Call([]reflect.Value{reflect.Zero(t)})[0].Seq2() {
		values = append(values, v.String())
	}
	return values
}
