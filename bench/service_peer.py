#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A service by the reference's method: FastAPI on uvicorn, computing in NumPy on the event loop.

    service_peer.py PORT

It leaves out the reference's logs, metrics, keys and limits, and the count of growth events."""
import math
import sys

import fastapi
import numpy as np
import pydantic
import uvicorn

import numpy_peer

GAS_J_PER_MOL_K, FARADAY_C_PER_MOL = 8.314, 96485.33212
app = fastapi.FastAPI()


class SimulateRequest(pydantic.BaseModel):
    seed: int = pydantic.Field(42, ge=0)
    grid_size: int = pydantic.Field(64, ge=8, le=256)
    steps: int = pydantic.Field(64, ge=1, le=1000)


class SimulateResponse(pydantic.BaseModel):
    pot_min_mV: float
    pot_max_mV: float
    pot_mean_mV: float
    pot_std_mV: float
    fractal_dimension: float


class NernstRequest(pydantic.BaseModel):
    z_valence: int = pydantic.Field(1, ge=1, le=3)
    concentration_out_molar: float = pydantic.Field(gt=0)
    concentration_in_molar: float = pydantic.Field(gt=0)
    temperature_k: float = pydantic.Field(310.0, ge=273, le=373)


class NernstResponse(pydantic.BaseModel):
    potential_mV: float


@app.get("/health")
async def health():
    return {"status": "healthy", "version": "4.1.0"}


@app.post("/nernst", response_model=NernstResponse)
async def nernst(wanted: NernstRequest):
    volts = (GAS_J_PER_MOL_K * wanted.temperature_k / (wanted.z_valence * FARADAY_C_PER_MOL)
             * math.log(wanted.concentration_out_molar / wanted.concentration_in_molar))
    return NernstResponse(potential_mV=volts * 1e3)


@app.post("/simulate", response_model=SimulateResponse)
async def simulate(wanted: SimulateRequest):
    random, *fields = numpy_peer.draw(wanted.grid_size, wanted.seed)
    for _ in range(wanted.steps):
        fields = numpy_peer.advance(random, *fields)
    field_mv = fields[0] * 1e3
    return SimulateResponse(
        pot_min_mV=field_mv.min(), pot_max_mV=field_mv.max(), pot_mean_mV=field_mv.mean(),
        pot_std_mV=np.std(field_mv), fractal_dimension=numpy_peer.box_dimension(fields[0] > -0.060)[0])


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
