package main

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/go-json-experiment/json"
)

// contents is the part of the npm package that holds facts, as its files have them. The maps of a service have the
// lower-cased names as keys.
type contents struct {
	packageName, version string
	licence              []byte
	titles               map[string]string
	actions              map[string]map[string]actionData
	types                map[string]map[string]typeData
	keys                 map[string]map[string]keyData
}

type actionData struct {
	Name          string          `json:"name"`
	AccessLevel   string          `json:"accessLevel"`
	ConditionKeys []string        `json:"conditionKeys"`
	ResourceTypes []referenceData `json:"resourceTypes"`
}

type referenceData struct {
	Name          string   `json:"name"`
	Required      bool     `json:"required"`
	ConditionKeys []string `json:"conditionKeys"`
}

// typeData is a resource type. ARN holds several patterns divided by a comma where the type has several.
type typeData struct {
	Key           string   `json:"key"`
	ARN           string   `json:"arn"`
	ConditionKeys []string `json:"conditionKeys"`
}

type keyData struct {
	Key  string `json:"key"`
	Type string `json:"type"`
}

// maxFile bounds one file of the package.
const maxFile = 16 << 20

// readArchive reads the gzipped tar archive that npm pack makes.
func readArchive(r io.Reader) (*contents, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	p := &contents{
		actions: map[string]map[string]actionData{}, types: map[string]map[string]typeData{}, keys: map[string]map[string]keyData{},
	}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := p.readFile(h.Name, io.LimitReader(t, maxFile)); err != nil {
			return nil, fmt.Errorf("%s: %w", h.Name, err)
		}
	}
	if p.titles == nil || p.licence == nil || p.version == "" {
		return nil, errors.New("it lacks package.json, LICENSE or data/serviceNames.json")
	}
	return p, nil
}

func (p *contents) readFile(name string, r io.Reader) error {
	folder, file := path.Split(strings.TrimPrefix(name, "package/"))
	service := strings.TrimSuffix(file, ".json")
	switch folder {
	case "":
		return p.readTop(file, r)
	case "data/":
		if file == "serviceNames.json" {
			return json.UnmarshalRead(r, &p.titles)
		}
	case "data/actions/":
		return readService(p.actions, service, r)
	case "data/resourceTypes/":
		return readService(p.types, service, r)
	case "data/conditionKeys/":
		return readService(p.keys, service, r)
	}
	return nil
}

func (p *contents) readTop(file string, r io.Reader) (err error) {
	switch file {
	case "package.json":
		var manifest struct {
			Name    string `json:"name"`
			Version string `json:"version"`
		}
		err = json.UnmarshalRead(r, &manifest)
		p.packageName, p.version = manifest.Name, manifest.Version
	case "LICENSE", "LICENSE.txt", "LICENSE.md":
		p.licence, err = io.ReadAll(r)
	}
	return err
}

func readService[T any](into map[string]map[string]T, service string, r io.Reader) error {
	var items map[string]T
	if err := json.UnmarshalRead(r, &items); err != nil {
		return err
	}
	into[service] = items
	return nil
}
